import { isRecord } from '../lib/json.ts'

/** Path params as texts; a wildcard of Express 5 has a list of them. */
export function pathParams(given: unknown): Record<string, string> {
  if (!isRecord(given)) return {}
  const texts: Record<string, string> = {}
  for (const name of Object.keys(given)) {
    const value = given[name]
    texts[name] = Array.isArray(value) ? value.join('/') : typeof value === 'string' ? value : ''
  }
  return texts
}
