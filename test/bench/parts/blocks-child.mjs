// Receives the dearest bodies one after the other, and says how long each held the event loop.
import { smileIdCallbacks } from '../../../dist/index.js'
import { credential } from '../contestants/bodies.mjs'
import { limit } from '../contestants/shared.mjs'
import { hmac } from '../contestants/smile-id-sender.mjs'

const holds = Number(process.argv[2])

/** As many items as the limit leaves room for, at most `most`. */
function filled(item, most = Infinity) {
  const items = []
  for (let bytes = 200; items.length < most; ) {
    const text = item(items.length)
    bytes += text.length + 1
    if (bytes > limit) break
    items.push(text)
  }
  return `[${items.join(',')}]`
}

const keyed = (count, key, value) => `{${Array.from({ length: count }, (_, at) => `"${key(at)}":${value(at)}`).join(',')}}`

const lists = {
  'short texts, all different': filled((n) => `"t${n}"`, 190_000),
  'empty objects': filled(() => '{}', 190_000),
  'people of 50 fields': filled((n) => keyed(50, (at) => `field_${at}`, (at) => `"value ${n} ${at}"`)),
  'objects of 990 keys, all different': filled((n) => keyed(990, (at) => `k${n * 990 + at}`, () => 1), 20),
  'objects of 990 keys, each in another order': filled((n) => keyed(990, (at) => `k${(at * 7 + n * 13) % 990}`, () => 1), 190),
  'objects of 5 keys, each in another order': filled((n) => keyed(5, (at) => `k${(at + n) % 5}`, () => 1), 32_000),
  'URLs with a query': filled((n) => `"https://a.example/${n}?q"`, 190_000),
}

const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: false, logger: false })
callbacks.onAny(() => undefined)

/** The longest turn of the event loop until it is received, ms. */
async function holdOf(body, headers, expect) {
  let longest = 0
  let last = performance.now()
  let isDone = false
  const turn = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (!isDone) setImmediate(turn)
  }
  const started = new Promise((resolve) => setImmediate(resolve))
  await started
  last = performance.now()
  setImmediate(turn)
  const { code } = await callbacks.receive({ method: 'POST', headers, body, clientIp: '127.0.0.1' })
  if (code !== expect) throw new Error(`${code} instead of ${expect}`)
  isDone = true
  await new Promise((resolve) => setImmediate(resolve))
  return longest
}

const results = []
for (const [label, list] of Object.entries(lists)) {
  const body = Buffer.from(`{"status":"clear","message":"m","product":"aml_monitoring_update","people":${list}}`)
  const signed = []
  const unsigned = []
  for (let i = 0; i < holds; i += 1) {
    const timestamp = new Date(Date.now() - 1_000 * i).toISOString()
    const common = { 'content-type': 'application/json', 'content-length': String(body.length) }
    signed.push(await holdOf(body, { ...common, 'response-signature': hmac(timestamp), 'response-timestamp': timestamp, 'job-id': `job-${label}-${i}` }, 'accepted'))
    unsigned.push(await holdOf(body, common, 'signature_missing'))
  }
  results.push({ label, bytes: body.length, signed, unsigned })
}
process.send(results)
