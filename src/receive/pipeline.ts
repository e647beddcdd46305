import type { ConfirmConfig } from '../confirm/options.ts'
import { confirmEvent, isWanted } from '../confirm/stage.ts'
import { buildEvent, setOwnId, type NewEvent } from '../events/build.ts'
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
  const { facts } = trace
  const receivedAt = config.now()
  facts.receivedAt = new Date(receivedAt)
  if (inFlight.closed) return 'shutting_down'
  const headers = readHeaders(incoming.headers)
  const url = checkOutside(incoming, facts.clientIp, headers, config)
  if (isRefusal(url)) return url
  trace.reached('admitted')

  // v3 proves itself by its headers, before one byte of the body is read.
  const early = headerClaim(headers)
  const verifying = early && verify(early)
  const provenEarly = verifying instanceof Promise ? await verifying : verifying
  if (isRefusal(provenEarly)) return provenEarly

  const arrived = await readAndVerify(provenEarly)
  if (isRefusal(arrived)) return arrived
  const { read, body, proven } = arrived

  const { reference } = url
  const delivery = deliveryInfo(incoming, facts.clientIp, reference, proven, receivedAt)
  const unrecognized = async (code: UnrecognizedDelivery['code'], issues: UnrecognizedDelivery['issues'] = []) => {
    await consumers.unrecognized({ code, issues, rawBody: rawText(read), body, delivery })
    return code === 'unrecognized_payload' ? refuseUnrecognized(body, headers) : refuseParams(issues)
  }

  const decoded = decode(body, headers, config.codes, proven.generation)
  if (!decoded) return unrecognized('unrecognized_payload')
  drift.note(decoded)
  const decodedNotes = decoded.notes
  if (decodedNotes.length > 0) facts.notes = decodedNotes
  const reading = readPartnerParams(decoded.partnerParams, config.partnerParams)
  const partnerParams = reading instanceof Promise ? await reading : reading
  if ('failed' in partnerParams) return refuse('internal_error', 'The schema of partnerParams threw, or took longer than 5 s.', { cause: 'schema_failed' })
  if ('issues' in partnerParams) return unrecognized('invalid_partner_params', partnerParams.issues)

  const event = buildEvent(decoded, partnerParams.value, delivery)
  const isReused = signatures.isReused(proven.signature, event.id)
  if (isReused) facts.signatureReused = true
  setOwnId(event, config.eventId)
  facts.event = summaryOf(event)
  trace.reached('decoded')

  // Where it was asked for, or the signature came before with something else.
  const toConfirm = config.confirm && (isReused || isWanted(event, config.confirm)) ? config.confirm : undefined
  return claimEvent({ event, sentParams: decoded.partnerParams, bytes: facts.body?.bytes, isReported: true }, { config, consumers, inFlight }, trace, toConfirm && (() => confirm(event, toConfirm)))

  function verify(claim: Claim | Refusal): Proven | Refusal | Promise<Proven | Refusal> {
    if (isRefusal(claim)) return claim
    facts.generation = claim.generation
    const found = prove(claim, incoming, config, mismatch)
    return found instanceof Promise ? found.then(noted) : noted(found)
  }

  function noted(found: Proven | Refusal): Proven | Refusal {
    if (isRefusal(found)) return found
    facts.credential = found.credential
    facts.signedAt = new Date(found.signedAt)
    trace.reached('verified')
    return found
  }

  /** Until its sender is known, a body counts against the budget of all such bodies; afterwards against a larger one. */
  async function readAndVerify(known: Proven | undefined): Promise<Arrived | Refusal> {
    const share = (known ? bodies.verified : bodies.unverified).open()
    try {
      const found = await readBody(incoming.body, bodyRules(headers, config, share))
      if (isRefusal(found)) return found
      facts.body = sizeOf(found)
      trace.read = found
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
      const verifying = first ?? verify(claim)
      const sender = verifying instanceof Promise ? await verifying : verifying
      return isRefusal(sender) ? sender : { read: found, body: parsed.value, proven: sender }
    } finally {
      share.release()
    }
  }

  async function confirm(unsure: NewEvent, by: ConfirmConfig): Promise<Refusal | undefined> {
    const { word, unconfirmed = [], notes = [] } = await confirmEvent(unsure, by, { key: proven.key, codes: config.codes, now: config.now() })
    if (word === 'unaskable') return undefined
    facts.confirmation = word
    if (notes.length > 0) facts.notes = [...decodedNotes, ...notes]
    if (word === 'contradicted') return refuse('contradicted')
    if (word === 'unavailable') return refuse('not_confirmed')
    trace.reached('confirmed')
    Object.assign(unsure.delivery, { confirmed: true, unconfirmed })
    return undefined
  }
}
