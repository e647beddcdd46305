// Functions alone, with mitata: what each step of a delivery costs once its bytes are here.
import { measure } from 'mitata'
import { credential, payloads } from '../contestants/bodies.mjs'
import { smileId } from '../contestants/smile-id-sender.mjs'
import { internals } from '../internals.mjs'
import { ratio, spread, withRange } from '../report/stats.mjs'

const bodies = Object.keys(payloads)

export async function functions(settings, say) {
  const inside = await internals()
  const rows = new Map()
  const judgedBy = new Map()
  for (const body of bodies) {
    say(`functions: ${body}`)
    const results = await rounds(stepsOf(body, inside), settings)
    for (const [step, values] of results) rows.set(step, [...(rows.get(step) ?? []), withRange(spread(values))])
    judgedBy.set(body, ratio(results.get(ours), results.get(byHand)))
  }
  return {
    title: 'Functions alone',
    notes: [
      'µs of one call, from the bytes of the body on. The baseline parses the same bytes with `JSON.parse` and validates them with the very schema that the library itself uses for that product and shape.',
    ],
    tables: [
      { title: 'µs per call', columns: bodies, rows: [...rows].map(([step, cells]) => [step, ...cells]) },
      { title: `“${ours}” against “${byHand}”`, columns: bodies, rows: [['ratio', ...bodies.map((body) => withRange(judgedBy.get(body)))]] },
    ],
    targets: [],
  }
}

const ours = 'parse, validate, event'
const byHand = 'baseline: JSON.parse and zod'

/** One function per row of the table, for one body. */
function stepsOf(body, inside) {
  const { generation, payload } = payloads[body]
  const { headers, body: text } = smileId(JSON.stringify(payload), generation)
  const raw = Buffer.from(text)
  const read = { source: 'stream', raw, bytes: raw.length }
  const value = JSON.parse(text)
  const codes = inside.codeIndex(undefined)
  const candidates = [{ ...inside.signingKey(credential.partnerId, credential.apiKey), credential: { partnerId: credential.partnerId } }]
  const identity = generation === 'v3' ? { jobId: 'job-1' } : {}
  const realm = { partnerId: credential.partnerId, realm: undefined }
  const decoded = inside.decode(value, identity, codes, generation)
  const schema = inside.payloadSchemas[inside.schemaNameOf(decoded.product, decoded.shape)]
  const delivery = { generation, signedAt: new Date(), receivedAt: new Date(), params: {}, confirmed: false, origin: 'callback', unconfirmed: [], credential: candidates[0].credential }
  const parseBody = (body) => inside.parseBody(body, inside.checkBody(body, 1_572_864))
  const verify = (parsed) => inside.matchCredential(generation === 'v3' ? inside.headerClaim(inside.readHeaders(headers)) : inside.bodyClaim(parsed), candidates)
  const toEvent = (parsed) => {
    const known = inside.decode(parsed, identity, codes, generation)
    return inside.buildEvent(known, known.partnerParams, delivery, realm)
  }
  check(verify(value).credential, schema.safeParse(value).success, toEvent(parseBody(read).value).id)
  return {
    'verify only': () => verify(value),
    'verify, parse': () => verify(parseBody(read).value),
    'verify, parse, validate': () => {
      const parsed = parseBody(read).value
      verify(parsed)
      return inside.decode(parsed, identity, codes, generation)
    },
    'verify, parse, validate, event': () => {
      const parsed = parseBody(read).value
      verify(parsed)
      return toEvent(parsed)
    },
    [ours]: () => toEvent(parseBody(read).value),
    [byHand]: () => schema.safeParse(JSON.parse(raw.toString('utf8'))),
    'JSON.parse alone': () => JSON.parse(raw.toString('utf8')),
  }
}

function check(...facts) {
  if (!facts.every(Boolean)) throw new Error('A step does not do what it is measured for.')
}

/** µs of every function in every round, the functions in turn: the lower quartile of its samples, as noise only ever adds. */
async function rounds(steps, { rounds: count, seconds }) {
  const names = Object.keys(steps)
  const results = new Map(names.map((name) => [name, []]))
  // A tenth of a round's seconds each: they are seven, and short ones sit closer together.
  const options = { min_cpu_time: seconds * 1e8, min_samples: 20, batch_samples: 128 }
  for (const name of names) await measure(steps[name], options)
  for (let round = 0; round < count; round += 1) {
    for (const name of names) results.get(name).push((await measure(steps[name], options)).p25 / 1_000)
  }
  return results
}
