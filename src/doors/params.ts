import { isRecord, isScalar } from '../lib/json.ts'

/** Path params as texts; a wildcard of Express 5 has a list of them, and `router.param` may have made a number of one. */
export function pathParams(given: unknown): Record<string, string> {
  const texts: Record<string, string> = {}
  try {
    if (!isRecord(given)) return {}
    for (const name of Object.keys(given)) {
      const value = given[name]
      texts[name] = Array.isArray(value) ? value.join('/') : isScalar(value) ? String(value) : ''
    }
  } catch {
    // What throws when it is looked at names nobody.
  }
  return texts
}
