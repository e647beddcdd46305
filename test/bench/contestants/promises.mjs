// What this library promises for a v1 callback, by hand and as plainly as that can be done: bounds on a body, exact ids, an id
// of all that handlers act on, one handling for each, a word about signatures that come again. No option, no hook, no report.
import { hash, randomUUID } from 'node:crypto'
import { isAscii } from 'node:buffer'
import { credential } from './bodies.mjs'
import { limit } from './shared.mjs'

const { partnerId } = credential
const quote = 0x22
const backslash = 0x5c

/** Not deeper than 64 levels, not more members than one for 8 bytes of the limit. */
export function isBounded(bytes) {
  let depth = 0
  let members = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === quote) i = endOfString(bytes, i + 1)
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > 64) return false
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
    else if (byte === 0x2c) members += 1
  }
  return members <= limit / 8
}

function endOfString(bytes, from) {
  for (let i = bytes.indexOf(quote, from); i >= 0; i = bytes.indexOf(quote, i + 1)) {
    let first = i
    while (bytes[first - 1] === backslash) first -= 1
    if ((i - first) % 2 === 0) return i
  }
  return bytes.length
}

/** Whole numbers that JavaScript would round become texts. */
export function parse(bytes) {
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
  if (!/[\s:[,-]\d{16}/.test(text)) return JSON.parse(text)
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (found) => (found[0] === '"' || Number.isSafeInteger(Number(found)) ? found : `"${found}"`)))
}

/** Without what changes when it is sent again: key order, a number as text, query of URLs. */
function plain(value) {
  if (typeof value === 'string') return /^https?:/i.test(value) ? value.split(/[?#]/, 1)[0] : value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) return Object.keys(value).sort().map((key) => [key, plain(value[key])])
  return String(value ?? '')
}

const digest = (facts) => hash('sha256', JSON.stringify(facts), 'hex').slice(0, 32)

const identity = ['FullName', 'FirstName', 'MiddleName', 'LastName', 'OtherName', 'OtherNames', 'DOB', 'IDNumber', 'SecondaryIDNumber', 'IDType', 'Country', 'id_fields', 'user_provided_info', 'company_information', 'people', 'additional_documents', 'Antifraud']
const volatile = new Set(['timestamp', 'signature', 'ImageLinks'])

/** Of the delivery and of the verdict. Where the code alone does not tell one result from another, all of the body counts. */
export function idsOf(body, reference, route) {
  const { PartnerParams: params, Actions: actions, ResultCode: code, ResultText: text, SmileJobID: smileJobId, ConfidenceValue: confidence, IsFinalResult: isFinal } = body
  const verdictId = digest(['verdict', partnerId, params.job_id, 'result', Number(code)])
  const rest = params.job_type === '10' ? Object.keys(body).filter((key) => !volatile.has(key)) : identity.filter((key) => body[key] !== undefined)
  const content = rest.sort().map((key) => [key, plain(body[key])])
  return { id: digest([verdictId, reference, plain(route), Number(params.job_type), plain(params), smileJobId, Number(code), text, Number(confidence), isFinal, plain(actions), content]), verdictId }
}

const known = new Set([...identity, ...volatile, 'ResultCode', 'ResultText', 'ResultType', 'SmileJobID', 'PartnerParams', 'Actions', 'ConfidenceValue', 'IsFinalResult', 'Source', 'FullData', 'no_of_persons_found', 'Photo'])
const mostDrifts = 50
const hour = 3_600_000
const week = 168 * hour
const leaseMs = 45_000
const handlerMs = 30_000

/** What one receiver remembers, as much as the library does; let go of in whole, which is cheaper than one by one. */
export function memory() {
  const signatures = new Map()
  const events = new Map()
  const drifts = new Set()
  const remember = (map, most, name, value) => {
    if (map.size === most) map.clear()
    map.set(name, value)
  }
  const complete = (claim, verdictId) => {
    const now = performance.now()
    if (claim.until < now) return false
    claim.owner = undefined
    claim.until = now + week
    remember(events, 200_000, `verdict:${verdictId}`, { owner: undefined, until: now + week })
    return true
  }
  return {
    /** New names, once each. */
    note(body) {
      for (const key in body) if (!known.has(key) && drifts.size < mostDrifts) drifts.add(key)
    },
    /** Whether the signature came before with another event. */
    isReused(signature, id) {
      const first = signatures.get(signature)
      if (first === undefined) remember(signatures, 20_000, signature, id)
      return first !== undefined && first !== id
    },
    /** Runs the work unless somebody did or does; the status of the answer. `onLate` is called where it takes too long. */
    async once({ id, verdictId }, work, onLate) {
      const before = events.get(id)
      if (before && before.until > performance.now()) return before.owner === undefined ? 200 : 503
      const claim = { owner: randomUUID(), until: performance.now() + leaseMs }
      remember(events, 200_000, id, claim)
      const timer = setTimeout(onLate, handlerMs)
      try {
        await work()
      } catch {
        events.delete(id)
        return 503
      } finally {
        clearTimeout(timer)
      }
      // A store may fail: it is told again until the lease ends.
      if (!complete(claim, verdictId)) setTimeout(complete, 100, claim, verdictId).unref()
      return 200
    },
  }
}
