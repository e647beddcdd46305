import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Whether there is a browser. Where there is none: a notice here, a failure in CI. */
export function browserIsThere(): boolean {
  if (existsSync(executablePath)) return true
  const notice = `There is no browser at ${executablePath}`
  if (process.env['CI'] === 'true')
    throw new Error(`${notice}; in CI its tests have to run: apt-get install -y chromium.`)
  process.stderr.write(`\nNOTICE: ${notice}: its tests are SKIPPED.\n`)
  return false
}

/** A real Chromium with a profile of its own, which asks nobody outside for anything. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
