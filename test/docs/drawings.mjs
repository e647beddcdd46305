// Draws what deliveries come to, as the built package has it: node test/docs/drawings.mjs, after a build.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { mergeJob, smileIdCallbacks } from '../../dist/index.js'
import { jobStory, sample, signDelivery } from '../../dist/testing.js'

const images = fileURLToPath(new URL('../../.github/images', import.meta.url))
const credential = { partnerId: '085', apiKey: 'try-it-out' }
const clientIp = '52.36.32.43'
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const style = '<style>text{font:13px system-ui,sans-serif;fill:#1b1f24}.p{fill:#fff}.b{fill:#f3f5f7;stroke:#57606a}.g{stroke:#1a7f37}.r{fill:#b42318}.m{font:12px ui-monospace,monospace}.l{stroke:#57606a;fill:none}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.p{fill:#0d1117}.b{fill:#21262d;stroke:#8b949e}.g{stroke:#3fb950}.r{fill:#ff8f85}.l{stroke:#8b949e}}</style>'
const svg = (width, height, label, inner) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}">${style}<rect class="p" width="100%" height="100%" rx="8"/>${inner}</svg>\n`
const text = (x, y, words, kind = '') => `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}>${escaped(words)}</text>`
const box = (x, y, width, height, kind = '') => `<rect class="b ${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`
const arrow = (x1, y1, x2, y2) => `<path class="l" d="M${x1} ${y1}L${x2} ${y2}"/>`

/** Delivers one with a single thing wrong; its report says how far it came. */
async function reportOf({ change = {}, options = {}, delivery = {}, handler = () => undefined } = {}) {
  const payload = sample('document_verification', 'approved', { generation: 'v1', jobId: 'job-1', ...change })
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false, ...options })
  if (handler) callbacks.onAny(handler)
  return callbacks.receive({ method: 'POST', clientIp, ...signDelivery({ generation: 'v1', credential, payload, ...delivery.sign }), ...delivery.sent })
}
const ago = (minutes) => ({ sign: { timestamp: new Date(Date.now() - minutes * 60_000).toISOString() } })
const down = () => Promise.reject(new Error('down'))

const failures = [
  { delivery: { sent: { method: 'GET' } } },
  { delivery: { sent: { clientIp: '203.0.113.9' } } },
  { delivery: { sent: { headers: { 'Content-Type': 'text/plain' } } } },
  { options: { maxBodySize: 100 } },
  { delivery: { sent: { body: '{' } } },
  { delivery: { sent: { body: '{}' } } },
  { delivery: { sign: { credential: { ...credential, apiKey: 'another' } } } },
  { delivery: ago(180) },
  { delivery: ago(-180) },
  { delivery: { sign: { payload: { hello: 'world' } } } },
  { options: { store: { reserve: down, complete: down, release: down, forget: down } } },
  { options: { confirm: { ask: () => 'contradicted' } } },
  { handler: () => { throw new Error('x') } },
  { handler: null },
]
const stages = ['admitted', 'read', 'verified', 'decoded', 'claimed', 'confirmed']
const words = { admitted: 'sender, type, length', read: 'body, JSON', verified: 'signature, age', decoded: 'event, params', claimed: 'claim', confirmed: 'confirm, handlers' }
const reached = new Map(stages.map((stage) => [stage, []]))
for (const failure of failures) {
  const { code, status, stages: passed } = await reportOf(failure)
  if (status === 200) throw new Error(`${code} is no refusal`)
  const names = passed.map(({ name }) => name)
  // The first stage that it did not pass; what is refused once it is claimed, is refused by handlers or by confirm.
  const next = stages.find((stage) => !names.includes(stage)) ?? 'confirmed'
  reached.get(next).push(`${status} ${code}`)
}
const good = await reportOf()
const columns = stages.map((stage, index) => {
  const x = 20 + index * 200
  return [
    box(x, 20, 180, 44), text(x + 12, 47, words[stage]), ...(index > 0 ? [arrow(x - 20, 42, x, 42)] : []),
    ...reached.get(stage).map((line, row) => text(x + 4, 88 + row * 20, line, 'm r')),
  ].join('')
})
const end = 20 + stages.length * 200
columns.push(box(end, 20, 130, 44, 'g'), arrow(end - 20, 42, end, 42), text(end + 12, 47, `${good.status} ${good.code}`))
const rows = Math.max(...[...reached.values()].map((list) => list.length))
writeFileSync(`${images}/delivery.svg`, svg(end + 150, 100 + rows * 20, 'The way of a delivery, and where it may be refused', columns.join('')))

/** A job's callbacks in this order, and its state after each. */
async function states(steps) {
  const seen = []
  let state
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
  callbacks.onAny((event) => {
    state = mergeJob(state, event)
    const { verdict, idInfo } = state
    seen.push({ came: event.kind === 'result' ? event.outcome : `ID look-up ${event.idStep ?? ''}`, is: verdict ? `${verdict.outcome}${verdict.final ? ', final' : ''}` : 'no verdict yet', id: idInfo ? `ID ${idInfo.idStep}` : '' })
  })
  for (const delivery of steps) await callbacks.receive({ method: 'POST', clientIp, ...delivery })
  return seen
}
// Signed in the order in which Smile ID made them, whatever the order they come in.
const story = jobStory('biometric_kyc', { review: true, jobId: 'job-1' })
const signed = story.map((step, index) => signDelivery({ ...step, credential, timestamp: new Date(Date.now() - (story.length - index) * 1_000).toISOString() }))
const orders = [['As they were sent', await states(signed)], ['The other way round', await states([...signed].reverse())]]
if (orders.some(([, seen]) => seen.at(-1).is !== 'approved, final')) throw new Error('the orders end in different states')
const lanes = orders.map(([title, seen], lane) => {
  const y = 30 + lane * 130
  const steps = seen.map(({ came, is, id }, index) => {
    const x = 20 + index * 220
    return [box(x, y + 12, 180, 30), text(x + 12, y + 32, came), arrow(x + 90, y + 42, x + 90, y + 58), text(x + 12, y + 74, is, 'm'), text(x + 12, y + 92, id, 'm'), ...(index > 0 ? [arrow(x - 40, y + 27, x, y + 27)] : [])].join('')
  })
  return text(20, y, title) + steps.join('')
})
writeFileSync(`${images}/job.svg`, svg(20 + signed.length * 220, 270, "A biometric job's callbacks in two orders, and what mergeJob makes of them", lanes.join('')))
