import { appendFileSync } from 'node:fs'

/**
 * Notes that this machine lacks what tests need. They are skipped, and the run ends with one line that names it; in CI
 * this throws.
 */
export function missing(what, cause) {
  if (process.env.CI === 'true') throw new Error(`${what} is missing; in CI its tests have to run.`, { cause })
  const file = process.env.MISSING_FILE
  if (file) appendFileSync(file, `${what}\n`)
  else console.error(`skipped without ${what}`)
}
