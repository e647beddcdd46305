// Draws the panels of examples/metrics/grafana-dashboard.json by what a real Prometheus answers to their queries: it reads
// the running example, and a worker, while real deliveries come. node test/docs/dashboard.mjs, after a build; needs
// prometheus and redis-server.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sample, signDelivery } from '../../dist/testing.js'
import { freePort } from '../support/free-port.mjs'
import { ownRedis } from '../support/own-servers.mjs'

const own = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const { panels } = JSON.parse(readFileSync(own('examples/metrics/grafana-dashboard.json'), 'utf8'))
const seconds = 90
const credential = { partnerId: '085', apiKey: 'try-it-out' }
const folder = mkdtempSync(join(tmpdir(), 'smile-id-prometheus-'))
const [appPort, workerPort, port] = [await freePort(), await freePort(), await freePort()]
const redis = await ownRedis()
const config = join(folder, 'prometheus.yml')
writeFileSync(config, `scrape_configs: [{ job_name: app, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${appPort}', '127.0.0.1:${workerPort}'] }] }]\n`)
const env = { ...process.env, PORT: String(appPort), SMILE_ID_PARTNER_ID: credential.partnerId, SMILE_ID_API_KEY: credential.apiKey }
const running = [
  spawn(process.execPath, [own('examples/metrics/server.js')], { env, stdio: 'ignore' }),
  spawn(process.execPath, [own('test/docs/dashboard-worker.mjs')], { env: { ...env, PORT: String(workerPort), REDIS_PORT: String(redis.port), CREDENTIAL: JSON.stringify(credential) }, stdio: 'inherit' }),
  spawn('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' }),
]
const ended = running.map((one) => new Promise((resolve) => one.once('exit', resolve)))

async function answered(url, tries = 100) {
  const isThere = await fetch(url).then(({ ok }) => ok, () => false)
  if (isThere) return
  if (tries === 0) throw new Error(`${url} does not answer.`)
  await wait(100)
  await answered(url, tries - 1)
}

const kinds = [['document_verification', 'approved'], ['document_verification', 'rejected'], ['biometric_kyc', 'approved'], ['smart_selfie_registration', 'approved'], ['biometric_kyc', 'rejected']]

let last
/** The n-th delivery: of every ten one is forged, one stale, one a repeat of the one before. */
function delivery(n) {
  const turn = n % 10
  if (turn === 7) return last
  const [product, outcome] = kinds[n % kinds.length]
  const age = turn === 4 ? 7_200_000 : (n % 7) * 900
  last = signDelivery({
    credential: turn === 2 ? { ...credential, apiKey: 'another' } : credential,
    generation: 'v1',
    payload: sample(product, outcome, { generation: 'v1', jobId: `job-${n}` }),
    timestamp: new Date(Date.now() - age).toISOString(),
  })
  return last
}

async function series(expr, start, end) {
  const url = `http://127.0.0.1:${port}/api/v1/query_range?${new URLSearchParams({ query: expr, start, end, step: '1' })}`
  const { data } = await (await fetch(url)).json()
  return data.result.map(({ metric, values }) => ({ metric, values: values.map(([at, value]) => [at - start, Number(value)]).filter(([, value]) => Number.isFinite(value)) }))
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const colours = ['#3b82f6', '#16a34a', '#d97706', '#dc2626', '#9333ea', '#0891b2']
const words = { reqps: (value) => `${value.toFixed(2)} /s`, s: (value) => `${value < 1 ? `${(value * 1000).toFixed(1)} ms` : `${value.toFixed(1)} s`}`, short: (value) => value.toFixed(0) }
const [scaleX, scaleY] = [46, 30]

function drawn({ title, gridPos: { x, y, w, h }, fieldConfig }, lines) {
  const [width, height] = [w * scaleX - 12, h * scaleY - 12]
  const [left, top, wide, high] = [62, 34, width - 76, height - 110]
  const most = Math.max(1e-9, ...lines.flatMap(({ values }) => values.map(([, value]) => value)))
  const unit = words[fieldConfig?.defaults?.unit] ?? words.short
  const at = ([second, value]) => `${(left + (second / seconds) * wide).toFixed(1)} ${(top + high - (value / most) * high).toFixed(1)}`
  const paths = lines.map(({ values }, n) => `<path fill="none" stroke="${colours[n % colours.length]}" stroke-width="2" d="M${values.map(at).join('L')}"/>`)
  const legend = lines.slice(0, 6).map(({ name }, n) => {
    const [lx, ly] = [12 + (n % 2) * (width / 2), height - 44 + Math.floor(n / 2) * 16]
    return `<rect x="${lx}" y="${ly - 8}" width="10" height="4" fill="${colours[n]}"/><text x="${lx + 16}" y="${ly - 3}" class="s">${escaped(name)}</text>`
  })
  const axis = lines.length === 0 ? `<text x="${width / 2 - 24}" y="${height / 2}" class="s">No data</text>` : `<text x="8" y="${top + 10}" class="s">${unit(most)}</text><text x="8" y="${top + high}" class="s">${unit(0)}</text><text x="${left}" y="${top + high + 16}" class="s">0</text><text x="${left + wide - 24}" y="${top + high + 16}" class="s">${seconds} s</text><path class="l" d="M${left} ${top}V${top + high}H${left + wide}"/>`
  return `<g transform="translate(${x * scaleX + 6} ${y * scaleY + 6})"><rect class="b" width="${width}" height="${height}" rx="4"/><text x="12" y="22">${escaped(title)}</text>${axis}${paths.join('')}${legend.join('')}</g>`
}

try {
  await answered(`http://127.0.0.1:${appPort}/metrics`)
  await answered(`http://127.0.0.1:${workerPort}/metrics`)
  await answered(`http://127.0.0.1:${port}/-/ready`)
  const start = Math.floor(Date.now() / 1000)
  for (let n = 0; Date.now() < (start + seconds) * 1000; n += 1) {
    const { headers, body } = delivery(n)
    await Promise.all([appPort, workerPort].map((to) => fetch(`http://127.0.0.1:${to}/smile-id`, { method: 'POST', headers, body })))
    await wait(150 + (n % 5) * 60)
  }
  const groups = []
  for (const panel of panels) {
    const lines = []
    for (const { expr, legendFormat = '' } of panel.targets) {
      for (const { metric, values } of await series(expr, start, start + seconds)) {
        if (values.length > 1) lines.push({ name: legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_all, label) => metric[label] ?? ''), values })
      }
    }
    groups.push(drawn(panel, lines))
  }
  const [width, height] = [24 * scaleX, Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * scaleY]
  const style = '<style>text{font:13px system-ui,sans-serif;fill:#1b1f24}.s{font-size:11px}.p{fill:#fff}.b{fill:#f6f8fa;stroke:#d0d7de}.l{stroke:#8b949e;fill:none}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.p{fill:#0d1117}.b{fill:#161b22;stroke:#30363d}}</style>'
  writeFileSync(own('.github/images/dashboard.svg'), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The panels of the Grafana dashboard">${style}<rect class="p" width="100%" height="100%"/>${groups.join('')}</svg>\n`)
} finally {
  for (const one of running) one.kill()
  await Promise.all(ended)
  await redis.remove()
  rmSync(folder, { recursive: true })
}
