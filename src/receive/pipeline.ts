import { confirmEvent, isWanted } from '../confirm/stage.ts'
import { buildEvent } from '../events/build.ts'
import { eventId, withOwnId } from '../events/id.ts'
import type { DeliveryInfo, SmileIdEvent } from '../types/event.ts'
import { codeOfHandlers, type HandlerSummary } from '../events/run-handlers.ts'
import type { DispatchOptions } from '../inbox/dispatch.ts'
import { storeInInbox, type InboxConfig } from '../inbox/enqueue.ts'
import { claimAndRun } from '../once/claim.ts'
import type { Config } from './config.ts'
import { decode } from '../payload/decode.ts'
import { definedOnly } from '../lib/json.ts'
import type { Json } from '../lib/json.ts'
import type { InFlight } from './in-flight.ts'
import { parseBody } from './body/parse.ts'
import type { BodyBudget } from './body/budget.ts'
import { readBody, type ReadBody } from './body/read.ts'
import { decodeBody } from './body/decode-body.ts'
import { endOfClaim, isFinished } from './claim-end.ts'
import type { IncomingDelivery } from './delivery.ts'
import { checkAge } from './guards/age.ts'
import { checkCallbackUrl } from './guards/callback-url.ts'
import { checkClientAddress } from './guards/client-address.ts'
import { checkDeclaredLength } from './guards/declared-length.ts'
import { checkHeaderSizes } from './guards/header-sizes.ts'
import { checkMediaType, encodingName } from './guards/media-type.ts'
import { checkMethod } from './guards/method.ts'
import { bodyClaim, headerClaim, prove, type Candidate, type Claim, type Proof } from './guards/signature.ts'
import { readHeaders, type ReadHeaders } from './headers.ts'
import { readPartnerParams } from '../events/partner-params.ts'
import { isRefusal, refuse, type Refusal } from '../report/refusal.ts'
import type { SignatureUses } from './reuse/signature-uses.ts'
import { reached, type ReportCode, type Trace } from '../report/report.ts'
import type { SigningKey } from '../signature/sign.ts'
import type { UnrecognizedDelivery } from './unrecognized.ts'

/** Where events go. */
export interface Consumers {
  /** Runs every handler that the event matches; undefined if nobody is subscribed to anything. Without limits, those of the options hold. */
  handle(event: SmileIdEvent<unknown>, sentParams: Json, limits?: DispatchOptions): Promise<HandlerSummary> | undefined
  unrecognized(delivery: UnrecognizedDelivery): Promise<void>
}

/** What one receiver remembers from delivery to delivery. */
export interface ReceiverState {
  bodies: BodyBudget
  signatures: SignatureUses
  inFlight: InFlight
}

/** A delivery that proved who sent it, and when. */
interface Verified extends Proof {
  signedAt: number
}

/** One delivery from door to answer, the cheap and the outer guards first. What it learns is left on `trace`. */
export async function receiveDelivery(incoming: IncomingDelivery, config: Config, consumers: Consumers, state: ReceiverState, trace: Trace): Promise<ReportCode | Refusal> {
  const headers = readHeaders(incoming.headers)
  const refused =
    checkMethod(incoming.method) ??
    checkClientAddress(incoming.clientIp, config.addresses) ??
    checkHeaderSizes(headers) ??
    checkMediaType(headers.contentType, headers.contentEncoding) ??
    checkDeclaredLength(headers.contentLength, config.maxBodySize)
  if (refused) return refused
  const url = checkCallbackUrl(incoming.url, config.callbackUrls)
  if (isRefusal(url)) return url
  reached(trace, 'admitted')

  // v3 proves itself by its headers, before one byte of the body is read.
  const early = headerClaim(headers)
  if (isRefusal(early)) return early
  const provenEarly = early && (await verify(early, incoming, config, trace))
  if (isRefusal(provenEarly)) return provenEarly

  const arrived = await readAndProve(incoming, headers, provenEarly, config, state.bodies, trace)
  if (isRefusal(arrived)) return arrived
  const { read, body, proven } = arrived

  const delivery = deliveryInfo(incoming, url.reference, proven, trace)
  const unrecognized = async (code: UnrecognizedDelivery['code'], issues: UnrecognizedDelivery['issues'] = []) => {
    await consumers.unrecognized({ code, issues, rawBody: rawText(read), body, delivery })
    return refuse(code)
  }

  const decoded = decode(body, headers, config.codes)
  if (!decoded) return unrecognized('unrecognized_payload')
  const reading = readPartnerParams(decoded.partnerParams, config.partnerParams)
  const partnerParams = reading instanceof Promise ? await reading : reading
  if ('failed' in partnerParams) return refuse('internal_error', 'The schema of partnerParams threw, or took longer than 5 s.')
  if ('issues' in partnerParams) return unrecognized('invalid_partner_params', partnerParams.issues)

  if (state.signatures.isReused(proven.signature, decoded.jobId, decoded.payload)) trace.signatureReused = true
  const decodedEvent = withOwnId(buildEvent(eventId(proven.credential, decoded), decoded, partnerParams.value, delivery), config.eventId)
  trace.event = summaryOf(decodedEvent)
  if (decoded.notes.length > 0) trace.notes = decoded.notes
  reached(trace, 'decoded')

  const event = await confirmed(decodedEvent, proven.key, config, trace)
  if (isRefusal(event)) return event

  const work = () => {
    reached(trace, 'claimed')
    return config.inbox ? store(event, decoded.partnerParams, config.inbox, trace) : handle(event, decoded.partnerParams, consumers, trace)
  }
  const claimed = await claimAndRun(event.id, config.once, isFinished, () => work().catch((): ReportCode => 'internal_error'))
  const { end, hint, retryAfter } = endOfClaim(claimed, config.once.leaseMs)
  trace.claim = claimed.claim
  const { pending } = claimed
  if (pending) void state.inFlight.run(() => pending)
  if (hint !== undefined) trace.hint = hint
  if (retryAfter !== undefined) trace.retryAfter = retryAfter
  return end
}

/** The event, confirmed where that was asked for or its signature came before with something else. */
async function confirmed(event: SmileIdEvent<unknown>, key: SigningKey, { confirm, codes, now }: Config, trace: Trace): Promise<SmileIdEvent<unknown> | Refusal> {
  if (!confirm || !(trace.signatureReused === true || isWanted(event, confirm))) return event
  const verdict = await confirmEvent(event, confirm, { key, codes, now: now() })
  if (verdict === 'unaskable') return event
  trace.confirmation = verdict
  if (verdict === 'contradicted') return refuse('contradicted')
  if (verdict === 'unavailable') return refuse('not_confirmed')
  reached(trace, 'confirmed')
  return { ...event, delivery: { ...event.delivery, confirmed: true } }
}

async function store(event: SmileIdEvent<unknown>, sentParams: Json, inbox: InboxConfig, trace: Trace): Promise<ReportCode | Refusal> {
  const why = await storeInInbox(event, sentParams, inbox)
  trace.inbox = why === undefined ? 'stored' : 'unavailable'
  return why === undefined ? 'accepted' : refuse('inbox_unavailable', `The inbox failed: ${why}.`)
}

/** The body, and who sent it. Until that is known it counts against the budget of all such bodies. */
async function readAndProve(incoming: IncomingDelivery, headers: ReadHeaders, provenEarly: Verified | undefined, config: Config, bodies: BodyBudget, trace: Trace) {
  const share = provenEarly ? undefined : bodies.open()
  try {
    const read = await readBody(incoming.body, {
      encoding: encodingName(headers.contentEncoding),
      length: headers.contentLength,
      limit: config.maxBodySize,
      timeoutMs: config.bodyTimeout,
      share,
    })
    if (isRefusal(read)) return read
    trace.body = definedOnly({ source: read.source, bytes: read.source === 'parsed' ? undefined : read.raw.length })
    const parsed = parseBody(read)
    if (isRefusal(parsed)) return parsed
    const { value: body } = parsed
    reached(trace, 'read')
    const proven = provenEarly ?? (await verify(bodyClaim(body), incoming, config, trace))
    return isRefusal(proven) ? proven : { read, body, proven }
  } finally {
    share?.release()
  }
}

async function handle(event: SmileIdEvent<unknown>, sentParams: Json, consumers: Consumers, trace: Trace): Promise<ReportCode | Refusal> {
  const handlers = await consumers.handle(event, sentParams)
  if (!handlers) return refuse('no_handlers')
  trace.handlers = handlers
  return codeOfHandlers(handlers)
}

/** At once where the credentials are fixed. */
function verify(claim: Claim | Refusal, incoming: IncomingDelivery, config: Config, trace: Trace): Verified | Refusal | Promise<Verified | Refusal> {
  if (isRefusal(claim)) return claim
  trace.generation = claim.generation
  const candidates = config.candidates(claim.generation, incoming)
  if (!(candidates instanceof Promise)) return verifyWith(candidates, claim, config, trace)
  return candidates.then(
    (found) => verifyWith(found, claim, config, trace),
    () => refuse('credentials_unavailable', 'The credentials function failed, took longer than 5 s, or gave a credential that cannot be used.'),
  )
}

function verifyWith(candidates: readonly Candidate[], claim: Claim, config: Config, trace: Trace): Verified | Refusal {
  const proof = prove(claim, candidates)
  if (isRefusal(proof)) return proof
  const signedAt = checkAge(proof.timestamp, config.now(), config.age)
  if (isRefusal(signedAt)) return signedAt
  trace.credential = proof.credential
  trace.signedAt = new Date(signedAt)
  reached(trace, 'verified')
  return { ...proof, signedAt }
}

function deliveryInfo({ clientIp, params = {} }: IncomingDelivery, reference: string | undefined, proven: Verified, { receivedAt }: Trace): DeliveryInfo {
  return {
    generation: proven.generation,
    signedAt: new Date(proven.signedAt),
    receivedAt,
    ...(clientIp !== undefined && { clientIp }),
    params,
    confirmed: false,
    credential: proven.credential,
    ...(reference !== undefined && { reference }),
  }
}

const rawText = (read: ReadBody): string => (read.source === 'parsed' ? JSON.stringify(read.value) : decodeBody(read.raw))

function summaryOf(event: SmileIdEvent<unknown>): NonNullable<Trace['event']> {
  const { id, kind, product } = event
  return kind === 'result' ? { id, kind, product, outcome: event.outcome, final: event.final } : { id, kind, product }
}
