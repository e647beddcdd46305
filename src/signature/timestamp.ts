const iso = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(Z|[+-]\d{2}:\d{2})?$/
const epochMs = /^\d{1,15}$/

/**
 * The time in ms that a signed timestamp text stands for, or undefined if it is none.
 * Forms: ISO with a zone, ISO without one (UTC), epoch ms. contract/v1.md §2.
 */
export function parseTimestamp(text: string): number | undefined {
  if (epochMs.test(text)) return Number(text)
  const [, local, zone = 'Z'] = iso.exec(text) ?? []
  if (local === undefined) return undefined
  const time = Date.parse(local + zone)
  return Number.isNaN(time) ? undefined : time
}

/**
 * The texts that a JSON timestamp may have been signed as. A number is ambiguous: Smile ID's JavaScript SDK
 * signs its ISO form, the others its digits. contract/v1.md §2.
 */
export function signedTexts(timestamp: string | number): string[] {
  if (typeof timestamp === 'string') return [timestamp]
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? [String(timestamp)] : [String(timestamp), date.toISOString()]
}
