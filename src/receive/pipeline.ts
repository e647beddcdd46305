import { type ConfirmConfig, confirmEvent, isWanted } from '../confirm/confirm.ts'
import type { NewEvent } from '../events/build.ts'
import { after } from '../lib/promises.ts'
import { decode } from '../payload/decode.ts'
import { isRefusal, type Refusal, refuse, refuseThrown } from '../report/refusal.ts'
import type { BodyBudgets } from './body/budget.ts'
import { checkBody, fieldsOfFull, isSignedAs, parseBody } from './body/parse.ts'
import { readBody, type ReadBody } from './body/read.ts'
import type { IncomingDelivery } from './delivery.ts'
import { readSender } from './guards/address.ts'
import { checkOutside } from './guards/outside.ts'
import { type Mismatch, prove, type Proven } from './guards/prove.ts'
import { bodyClaim, type Claim, headerClaim } from './guards/signature.ts'
import { claimEvent, type Handling } from './handle.ts'
import { readHeaders, type ReadHeaders } from './headers.ts'
import { makeEvent, takeOwnId, checkReference } from './make-event.ts'
import type { DriftWatch, SignatureUses } from './memory.ts'
import { refuseMalformed, refuseUnrecognized, refuseUnsigned } from './refused.ts'
import { bodyRules, deliveryInfo, type End, rawText, sizeOf, summaryOf, type Trace } from './trace.ts'

/** One receiver: its options, and its state between deliveries. */
export interface Receiver extends Handling {
  bodies: BodyBudgets
  signatures: SignatureUses
  drift: DriftWatch
  mismatch: Mismatch
}

/** A delivery in the pipeline; its facts go to its trace. */
interface PipelineState {
  incoming: IncomingDelivery
  headers: ReadHeaders
  receiver: Receiver
  trace: Trace
}

/** A body that arrived, and its sender. */
interface Arrived {
  read: ReadBody
  body: unknown
  sender: Proven
}

/** Processes one delivery, the cheap and outer guards first. */
export async function receiveDelivery(incoming: IncomingDelivery, receiver: Receiver, trace: Trace): Promise<End> {
  const { config, consumers, signatures, drift } = receiver
  const { facts } = trace
  const from = readSender(incoming.clientIp)
  facts.clientIp = from.clientIp
  const receivedAt = config.now()
  facts.receivedAt = new Date(receivedAt)
  if (receiver.inFlight.closed) return 'shutting_down'

  const headers = readHeaders(incoming.headers)
  const url = checkOutside(incoming, from, headers, config)
  if (isRefusal(url)) return url
  if (from.thrown) trace.failed('clientIp', from.thrown.error)
  trace.reached('admitted')

  // v3 is verified by its headers, before one byte of the body is read.
  const passage: PipelineState = { incoming, headers, receiver, trace }
  const claim = headerClaim(headers)
  const known = claim && (await verify(claim, passage))
  if (isRefusal(known)) return known
  const arrived = await readAndVerify(known, passage)
  if (isRefusal(arrived)) return arrived
  const { read, body, sender } = arrived
  const delivery = deliveryInfo(incoming, facts.clientIp, url.reference, sender, receivedAt)

  const onThrown = (error: unknown) => {
    trace.failed('handler', error)
  }
  const decoded = decode(body, headers, config.codes, sender.generation)
  if (!decoded) {
    await consumers.unrecognized(
      { code: 'unrecognized_payload', issues: [], rawBody: rawText(read), body, delivery },
      onThrown,
    )
    return refuseUnrecognized(body, headers)
  }
  drift.note(decoded)
  if (decoded.notes.length > 0) facts.notes = decoded.notes

  const event = await makeEvent(decoded, delivery, sender.key, config, (issues) =>
    consumers.unrecognized(
      { code: 'invalid_partner_params', issues, rawBody: rawText(read), body, delivery },
      onThrown,
    ),
  )
  if (isRefusal(event)) return event
  const isReused = signatures.isReused(sender.signature, event.id)
  if (isReused) facts.signatureReused = true
  trace.event = event
  const ownId = takeOwnId(event, config)
  if (ownId) return ownId
  facts.event = summaryOf(event)
  const isElsewhere = await checkReference(event, config)
  if (isElsewhere) return isElsewhere
  if (isReused && config.onReuse === 'refuse')
    return refuse('signature_mismatch', 'The signature came before with another event, and onReuse refuses that.', {
      cause: 'signature_reused',
    })
  trace.reached('decoded')

  // Asked if the options say so, or if the signature came before with another event.
  const { confirm } = config
  const check =
    confirm && (isReused || isWanted(event, confirm))
      ? () => (isReused && !signatures.mayAsk() ? tooManyReused() : confirmed(event, confirm, sender, receiver, trace))
      : undefined
  return claimEvent({ event, sentParams: decoded.partnerParams, bytes: facts.body?.bytes }, receiver, trace, check)
}

function verify(
  claim: Claim | Refusal,
  { incoming, receiver: { config, mismatch }, trace }: PipelineState,
): Proven | Refusal | Promise<Proven | Refusal> {
  if (isRefusal(claim)) return claim
  trace.facts.generation = claim.generation
  return after(prove(claim, incoming, config, mismatch), (sender) => {
    if (isRefusal(sender)) return sender
    trace.facts.credential = sender.credential
    trace.facts.signedAt = new Date(sender.signedAt)
    trace.reached('verified')
    return sender
  })
}

/** Until its sender is verified, a body counts against the budget of unverified bodies; then against a larger one. */
async function readAndVerify(known: Proven | undefined, passage: PipelineState): Promise<Arrived | Refusal> {
  const {
    incoming,
    headers,
    receiver: { config, bodies },
    trace,
  } = passage
  const share = (known ? bodies.verified : bodies.unverified).open()
  try {
    const read = await readBody(incoming.body, bodyRules(headers, config, share))
    if (isRefusal(read)) return read
    trace.facts.body = sizeOf(read)
    trace.read = read
    const outline = checkBody(read, config.maxBodySize)
    if (isRefusal(outline)) return outline
    // A costly parse is not done for strangers.
    const fields = known ? undefined : fieldsOfFull(read, outline)
    const first = known ?? (fields && (await verify(bodyClaim(fields), passage)))
    if (isRefusal(first)) return first
    const parsed = parseBody(read, outline)
    if (isRefusal(parsed)) return refuseMalformed(read, headers.contentEncoding)
    const body = parsed.value
    if (fields && !isSignedAs(body, fields)) return refuse('signature_mismatch')
    trace.reached('read')
    const claim = bodyClaim(body)
    if (!first && isRefusal(claim) && claim.code === 'signature_missing') return refuseUnsigned(body, incoming.headers)
    const sender = first ?? (await verify(claim, passage))
    return isRefusal(sender) ? sender : { read, body, sender }
  } finally {
    share.release()
  }
}

const tooManyReused = async (): Promise<Refusal> =>
  Promise.resolve(
    refuse(
      'not_confirmed',
      'The signature came before with another event, and Smile ID was asked about too many of those this minute.',
    ),
  )

async function confirmed(
  event: NewEvent,
  confirm: ConfirmConfig,
  { key }: Proven,
  { config }: Receiver,
  trace: Trace,
): Promise<Refusal | undefined> {
  const {
    word,
    unconfirmed = [],
    notes = [],
    error,
  } = await confirmEvent(event, confirm, { key, codes: config.codes, now: config.now() })
  if (word === 'unaskable') return undefined
  trace.facts.confirmation = word
  if (notes.length > 0) trace.facts.notes = [...(trace.facts.notes ?? []), ...notes]
  if (word === 'contradicted') return refuse('contradicted')
  if (word === 'unavailable')
    return error === undefined
      ? refuse('not_confirmed')
      : refuseThrown('not_confirmed', 'confirm_failed', { where: 'confirm', error }, 'The confirmation failed')
  trace.reached('confirmed')
  Object.assign(event.delivery, { confirmed: true, unconfirmed })
  return undefined
}
