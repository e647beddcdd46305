import { confirmEvent, isWanted } from '../confirm/stage.ts'
import { buildEvent, type NewEvent } from '../events/build.ts'
import { eventId, setOwnId } from '../events/id.ts'
import { verdictId } from '../events/verdict-id.ts'
import { readPartnerParams } from '../events/partner-params.ts'
import { decode } from '../payload/decode.ts'
import { isRefusal, refuse, type Refusal } from '../report/refusal.ts'
import type { BodyBudgets } from './body/budget.ts'
import { checkBody, parseBody } from './body/parse.ts'
import { readBody, type ReadBody } from './body/read.ts'
import { fieldsOfFull, isSignedAs } from './body/signed-fields.ts'
import { claimEvent } from './claim-event.ts'
import type { Config } from './config.ts'
import type { IncomingDelivery } from './delivery.ts'
import type { DriftWatch } from './drift-watch.ts'
import type { InFlight } from './in-flight.ts'
import { bodyRules, deliveryInfo, rawText, sizeOf, summaryOf } from './facts.ts'
import { refuseMalformed, refuseUnrecognized, refuseUnsigned } from './diagnose/body.ts'
import { refuseParams } from './diagnose/inside.ts'
import { checkOutside } from './guards/outside.ts'
import { bodyClaim, headerClaim, type Claim } from './guards/signature.ts'
import { readHeaders } from './headers.ts'
import { prove, type Mismatch, type Proven } from './prove.ts'
import type { SignatureUses } from './reuse/signature-uses.ts'
import type { End, Trace } from './trace.ts'
import type { UnrecognizedDelivery } from './unrecognized.ts'
import type { Consumers } from './work.ts'

/** One receiver: what it was given, and what it remembers from delivery to delivery. */
export interface Receiver {
  config: Config
  consumers: Consumers
  bodies: BodyBudgets
  signatures: SignatureUses
  drift: DriftWatch
  inFlight: InFlight
  mismatch: Mismatch
}

/** A body that arrived, and who sent it. */
interface Arrived {
  read: ReadBody
  body: unknown
  proven: Proven
}

/** One delivery from door to answer, the cheap and the outer guards first. What it learns is noted on `trace`, here and nowhere else. */
export async function receiveDelivery(incoming: IncomingDelivery, { config, consumers, bodies, signatures, drift, inFlight, mismatch }: Receiver, trace: Trace): Promise<End> {
  const receivedAt = config.now()
  trace.note({ receivedAt: new Date(receivedAt) })
  if (inFlight.closed) return 'shutting_down'
  const headers = readHeaders(incoming.headers)
  const url = checkOutside(incoming, headers, config)
  if (isRefusal(url)) return url
  trace.reached('admitted')

  // v3 proves itself by its headers, before one byte of the body is read.
  const early = headerClaim(headers)
  const provenEarly = early && (await verify(early))
  if (isRefusal(provenEarly)) return provenEarly

  const arrived = await readAndVerify(provenEarly)
  if (isRefusal(arrived)) return arrived
  const { read, body, proven } = arrived

  const { reference } = url
  const delivery = deliveryInfo(incoming, reference, proven, receivedAt)
  const unrecognized = async (code: UnrecognizedDelivery['code'], issues: UnrecognizedDelivery['issues'] = []) => {
    await consumers.unrecognized({ code, issues, rawBody: rawText(read), body, delivery })
    return code === 'unrecognized_payload' ? refuseUnrecognized(body, headers) : refuseParams(issues)
  }

  const decoded = decode(body, headers, config.codes, proven.generation)
  if (!decoded) return unrecognized('unrecognized_payload')
  drift.note(decoded)
  const decodedNotes = decoded.notes
  if (decodedNotes.length > 0) trace.note({ notes: decodedNotes })
  const partnerParams = await readPartnerParams(decoded.partnerParams, config.partnerParams)
  if ('failed' in partnerParams) return refuse('internal_error', 'The schema of partnerParams threw, or took longer than 5 s.', { cause: 'schema_failed' })
  if ('issues' in partnerParams) return unrecognized('invalid_partner_params', partnerParams.issues)

  const { credential } = proven
  const ids = { id: eventId({ credential, decoded, reference, params: delivery.params }), verdictId: verdictId(credential, decoded) }
  const event = buildEvent(ids, decoded, partnerParams.value, delivery)
  setOwnId(event, config.eventId)
  const isReused = signatures.isReused(proven.signature, ids.id)
  if (isReused) trace.note({ signatureReused: true })
  trace.note({ event: summaryOf(event) })
  trace.reached('decoded')

  return claimEvent({ event, sentParams: decoded.partnerParams, bytes: sizeOf(read).bytes }, { config, consumers, inFlight }, trace, () => confirm(event))

  async function verify(claim: Claim | Refusal): Promise<Proven | Refusal> {
    if (isRefusal(claim)) return claim
    trace.note({ generation: claim.generation })
    const found = await prove(claim, incoming, config, mismatch)
    if (isRefusal(found)) return found
    trace.note({ credential: found.credential, signedAt: new Date(found.signedAt) })
    trace.reached('verified')
    return found
  }

  /** Until its sender is known, a body counts against the budget of all such bodies; afterwards against a larger one. */
  async function readAndVerify(known: Proven | undefined): Promise<Arrived | Refusal> {
    const share = (known ? bodies.verified : bodies.unverified).open()
    try {
      const found = await readBody(incoming.body, bodyRules(headers, config, share))
      if (isRefusal(found)) return found
      trace.note({ body: sizeOf(found) })
      const outline = checkBody(found, config.maxBodySize)
      if (isRefusal(outline)) return outline
      // What is costly to build is not built for strangers.
      const fields = known ? undefined : fieldsOfFull(found, outline)
      const first = known ?? (fields && (await verify(bodyClaim(fields))))
      if (isRefusal(first)) return first
      const parsed = parseBody(found, outline)
      if (isRefusal(parsed)) return refuseMalformed(found, headers.contentEncoding)
      if (fields && !isSignedAs(parsed.value, fields)) return refuse('signature_mismatch')
      trace.reached('read')
      const claim = bodyClaim(parsed.value)
      if (!first && isRefusal(claim) && claim.code === 'signature_missing') return refuseUnsigned(parsed.value, incoming.headers)
      const sender = first ?? (await verify(claim))
      return isRefusal(sender) ? sender : { read: found, body: parsed.value, proven: sender }
    } finally {
      share.release()
    }
  }

  /** Where it was asked for, or the signature came before with something else. */
  async function confirm(unsure: NewEvent): Promise<Refusal | undefined> {
    if (!config.confirm || !(isReused || isWanted(unsure, config.confirm))) return undefined
    const { word, unconfirmed = [], notes = [] } = await confirmEvent(unsure, config.confirm, { key: proven.key, codes: config.codes, now: config.now() })
    if (word === 'unaskable') return undefined
    trace.note({ confirmation: word, ...(notes.length > 0 && { notes: [...decodedNotes, ...notes] }) })
    if (word === 'contradicted') return refuse('contradicted')
    if (word === 'unavailable') return refuse('not_confirmed')
    trace.reached('confirmed')
    Object.assign(unsure.delivery, { confirmed: true, unconfirmed })
    return undefined
  }
}
