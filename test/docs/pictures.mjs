// Makes the pictures of the docs from the running thing: `npm run pictures`, after a build. Needs Chromium.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { sample, signDelivery } from '../../dist/testing.js'

const own = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const images = own('.github/images')
const cli = own('dist/cli/cli.cjs')
const credential = { partnerId: '085', apiKey: 'try-it-out' }
const env = { ...process.env, NO_COLOR: '1', SMILE_ID_PARTNER_ID: credential.partnerId, SMILE_ID_API_KEY: credential.apiKey }
mkdirSync(images, { recursive: true })

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** What a terminal shows, as it is. */
function terminal(command, text) {
  const lines = [`$ ${command}`, ...text.trimEnd().split('\n')]
  const [width, height] = [Math.max(...lines.map((line) => line.length)) * 8.5 + 40, lines.length * 20 + 36]
  const rows = lines.map((line, index) => `<text x="20" y="${34 + index * 20}" xml:space="preserve">${escaped(line)}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(command)}"><rect width="100%" height="100%" rx="8" fill="#14171b"/><g font-family="ui-monospace, monospace" font-size="14" fill="#eceff3">${rows.join('')}</g></svg>\n`
}

const payload = sample('biometric_kyc', 'approved', { generation: 'v1', jobId: 'job-1' })
const capture = JSON.stringify({ method: 'POST', receivedAt: new Date().toISOString(), ...signDelivery({ generation: 'v1', credential, payload }) })
const inspected = spawnSync(process.execPath, [cli, 'inspect', '-', '--partner-id', '85'], { input: capture, env, encoding: 'utf8' })
if (!inspected.stdout.includes('partner_id_zeros')) throw new Error(inspected.stderr)
writeFileSync(`${images}/inspect.svg`, terminal('npx express-smile-id inspect capture.json', inspected.stdout))

const listening = spawn(process.execPath, [cli, 'listen', '--ui', '--port', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
try {
  const url = await new Promise((resolve, reject) => {
    let said = ''
    listening.stderr.on('data', (part) => {
      said += String(part)
      const found = /Open (\S+)/.exec(said)?.[1]
      if (found) resolve(found)
    })
    listening.once('exit', () => reject(new Error(said)))
  })
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
  const page = await browser.newPage({ viewport: { width: 1_100, height: 760 } })
  await page.goto(url)
  await page.getByText('listening').waitFor()
  for (const [n, button] of [[3, 'Out of order'], [4, 'Forgery']]) {
    await page.getByRole('button', { name: button }).click()
    await page.locator(`[data-n="${n}"]`).waitFor()
  }
  await page.screenshot({ path: `${images}/page.png` })
  await browser.close()
} finally {
  listening.kill()
}
