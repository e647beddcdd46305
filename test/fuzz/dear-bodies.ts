// Searches the bodies that cost an unsigned sender's receiver most, by hill climbing from a seed.
// npx tsx test/fuzz/dear-bodies.ts [seconds] [seed]; exits with 1 if one is above the bounds.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { smileIdCallbacks } from '../../src/index.ts'
import { createRandom } from './random.ts'

/** A body is `head`, then `unit` as often as it fits, then `tail`. */
interface Shape {
  head: string
  unit: string
  tail: string
  size: number
  coding: 'identity' | 'gzip' | 'br'
}

const seconds = Number(process.argv[2] ?? 60)
const seed = Number(process.argv[3] ?? 1)
const dice = createRandom(seed)
const say = (line: string) => process.stdout.write(`${line}\n`)

const limit = 1_572_864
const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '"signature":',
  '"timestamp":',
  '"a":',
  '""',
  '{}',
  '[]',
  '1',
  '-1',
  '1e5',
  '9007199254740993',
  '"\\u0000"',
  '"é"',
  '"\\"',
  '\\\\',
  ' ',
  '\n',
  '"signature":"x",',
  '"timestamp":1,',
  '{"a":1},',
  `"${'x'.repeat(17_000)}",`,
  `"${'\\n'.repeat(9_000)}",`,
  '"result":{',
  '"ResultCode":"0810",',
  '"PartnerParams":{',
]
const start: Shape[] = [
  { head: '{"signature":1,"timestamp":1,', unit: '"signature":1,', tail: '"a":1}', size: limit, coding: 'identity' },
  { head: '{"a":[', unit: '{},', tail: '1]}', size: limit, coding: 'identity' },
  { head: '{"a":[', unit: '"t",', tail: '1]}', size: limit, coding: 'gzip' },
  { head: '{"a":[', unit: '9007199254740993""', tail: '1]}', size: limit, coding: 'identity' },
]

function mutated(shape: Shape): Shape {
  const text = dice.pick(['head', 'unit', 'tail'] as const)
  const at = dice.below(shape[text].length + 1)
  const cut = dice.chance(0.4) ? 1 + dice.below(8) : 0
  const changed = shape[text].slice(0, at) + (dice.chance(0.7) ? dice.pick(pieces) : '') + shape[text].slice(at + cut)
  const coding = dice.chance(0.1) ? dice.pick(['identity', 'gzip', 'br'] as const) : shape.coding
  const size = dice.chance(0.1) ? dice.pick([limit, limit / 4, 160_000]) : shape.size
  return { ...shape, [text]: changed.slice(0, 40_000), coding, size }
}

function bytesOf({ head, unit, tail, size, coding }: Shape): Buffer {
  const times = Math.max(1, Math.floor((size - head.length - tail.length) / Math.max(1, unit.length)))
  const plain = Buffer.from(head + unit.repeat(times) + tail).subarray(0, limit)
  if (coding === 'gzip') return gzipSync(plain, { level: 1 })
  return coding === 'br' ? brotliCompressSync(plain, { params: { 1: 1 } }) : plain
}

const callbacks = smileIdCallbacks({
  credentials: { partnerId: '085', apiKey: 'key' },
  allowedIps: false,
  logger: false,
})
callbacks.onAny(() => undefined)

/** CPU of one delivery, ms. */
async function costOf(body: Buffer, coding: Shape['coding']): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(coding !== 'identity' && { 'content-encoding': coding }) }
  const began = process.cpuUsage()
  const { status } = await callbacks.receive({ method: 'POST', headers, body, clientIp: '127.0.0.1' })
  const { user, system } = process.cpuUsage(began)
  if (status === 200) throw new Error('An unsigned body was accepted.')
  return (user + system) / 1_000
}

/** The lower one of two. */
const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] ?? 0

const person = '{"name":"A B","aliases":["A","B"],"dates_of_birth":["1990-01-01"],"sanctions":[{"source":"list"}]},'
const ordinaries = new Map<number, { body: Buffer; text: string }>()
/** An honest screening list, unsigned as well. */
function ordinary(size: number) {
  const head = '{"signature":"x","timestamp":"y","people":['
  const known = ordinaries.get(size)
  if (known) return known
  const body = bytesOf({ head, unit: person, tail: '1]}', size, coding: 'identity' })
  const made = { body, text: body.toString() }
  ordinaries.set(size, made)
  return made
}

/** CPU of `JSON.parse`, ms. */
function parsingOf(text: string): number {
  const began = process.cpuUsage()
  JSON.parse(text)
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1_000
}

/**
 * Bounds: times an ordinary body of that size, and ms beside what `JSON.parse` takes for that one, on a machine where
 * it takes 10 ms; where a busy one takes longer, in proportion.
 */
const most = { ratio: 3, besideMs: 15 }
const usualMs = 10

/**
 * Cost of a body beside that of an ordinary one of its size, each measured in turn: the medians. Of two turns these are
 * the lower ones, so that a body which the first turn puts below `least` needs no second one.
 */
async function compared(shape: Shape, turns: number, least = 0) {
  const body = bytesOf(shape)
  const plain = ordinary(shape.size)
  const ratios: number[] = []
  const beside: number[] = []
  const measured = () => {
    const [ratio, besideMs] = [median(ratios), median(beside)]
    return { shape, ratio, besideMs, score: Math.max(ratio / most.ratio, besideMs / most.besideMs) }
  }
  for (let i = 0; i < turns; i += 1) {
    const plainMs = await costOf(plain.body, 'identity')
    const ms = await costOf(body, shape.coding)
    ratios.push(ms / plainMs)
    const parseMs = parsingOf(plain.text)
    beside.push(((ms - parseMs) * usualMs) / Math.max(usualMs, parseMs))
    if (turns === 2 && measured().score < least) break
  }
  return measured()
}

type Found = Awaited<ReturnType<typeof compared>>
const found: Found[] = []
for (const shape of start) found.push(await compared(shape, 3))

const until = performance.now() + seconds * 1_000
let tried = 0
while (performance.now() < until) {
  const shape = mutated(dice.chance(0.8) ? dice.pick(found).shape : dice.pick(start))
  tried += 1
  found.push(await compared(shape, 2, found.length < 10 ? 0 : found.at(-1)!.score))
  found.sort((a, b) => b.score - a.score)
  if (found.length > 10) found.length = 10
}

say(`seed ${seed}: ${tried} bodies`)
let above = 0
for (const { shape } of found) {
  // What was dear once may have met the collector.
  const { ratio, besideMs, score } = await compared(shape, 15)
  if (score > 1) above += 1
  const shown = JSON.stringify({ ...shape, head: shape.head.slice(0, 60), unit: shape.unit.slice(0, 60) })
  say(`${score > 1 ? 'ABOVE' : 'ok   '} ${ratio.toFixed(2)} times, ${besideMs.toFixed(1)} ms beside ${shown}`)
}
const bounds = `${most.ratio} times an ordinary body of that size, and ${most.besideMs} ms beside JSON.parse of that one`
say(above === 0 ? `None takes more than ${bounds}.` : `${above} take more than ${bounds}.`)
process.exit(above === 0 ? 0 : 1)
