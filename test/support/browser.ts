import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import { missing } from './missing.mjs'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export function browserIsThere(): boolean {
  const isThere = existsSync(executablePath)
  if (!isThere) missing(`Chromium at ${executablePath}`)
  return isThere
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
