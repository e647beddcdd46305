import { type ConfirmConfig, confirmEvent, isWanted } from '../confirm/confirm.ts'
import type { NewEvent } from '../events/build.ts'
import type { ParamIssue } from '../events/partner-params.ts'
import { after } from '../lib/promises.ts'
import { decode } from '../payload/decode.ts'
import { isRefusal, type Refusal, refuse, refuseThrown, refusing } from '../report/refusal.ts'
import type { BodyBudgets } from './body/budget.ts'
import { checkBody, fieldsOfFull, isSignedAs, parseBody, rawText } from './body/parse.ts'
import { readBody } from './body/read.ts'
import type { IncomingDelivery, UnrecognizedDelivery } from './delivery.ts'
import { readSender } from './guards/address.ts'
import { checkOutside } from './guards/outside.ts'
import { bodyClaim, type Claim, headerClaim, type Mismatch, prove, type Proven } from './guards/signature.ts'
import { claimEvent, type Handling } from './handle.ts'
import { contentCodings, readHeaders, type ReadHeaders } from './headers.ts'
import { checkReference, makeEvent, takeOwnId } from './make-event.ts'
import type { SignatureUses } from './memory.ts'
import { refuseMalformed, refuseUnrecognized, refuseUnsigned } from './refused.ts'
import { deliveryInfo, type End, sizeOf, summaryOf, type Trace } from './trace.ts'

/** One receiver: its options, and its state between deliveries. */
export interface Receiver extends Handling {
  bodies: BodyBudgets
  signatures: SignatureUses
  mismatch: Mismatch
}

/** A delivery on its way through the pipeline; its facts go to its trace. */
interface Passage {
  incoming: IncomingDelivery
  headers: ReadHeaders
  receiver: Receiver
  trace: Trace
}

/** Processes one delivery, the cheap and outer guards first. */
export async function receiveDelivery(incoming: IncomingDelivery, receiver: Receiver, trace: Trace): Promise<End> {
  const { config, consumers, signatures, noteDrift } = receiver
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
  const passage: Passage = { incoming, headers, receiver, trace }
  const claim = headerClaim(headers)
  const known = claim && (await verify(claim, passage))
  if (isRefusal(known)) return known
  const arrived = await readAndVerify(known, passage)
  if (isRefusal(arrived)) return arrived
  const { read, body, sender } = arrived
  const delivery = deliveryInfo(incoming, facts.clientIp, url.reference, sender, receivedAt)

  const decoded = decode(body, headers, config.codes, sender.generation)
  const tellUnread = (code: UnrecognizedDelivery['code'], issues: readonly ParamIssue[] = []) =>
    consumers.unrecognized({ code, issues, rawBody: rawText(read), body, delivery }, (error) =>
      trace.failed('handler', error),
    )
  if (!decoded) {
    await tellUnread('unrecognized_payload')
    return refuseUnrecognized(body, headers)
  }
  noteDrift(decoded)
  if (decoded.notes.length > 0) facts.notes = decoded.notes

  return after(makeEvent(decoded, delivery, sender.key, config, tellUnread), (event) => {
    if (isRefusal(event)) return event
    const isReused = signatures.isReused(sender.signature, event.id)
    if (isReused) facts.signatureReused = true
    trace.event = event
    const refusedId = takeOwnId(event, config)
    if (refusedId) return refusedId
    facts.event = summaryOf(event)
    return after(checkReference(event, config), (isElsewhere) => {
      if (isElsewhere) return isElsewhere
      if (isReused && config.onReuse === 'refuse')
        return refusing('signature_mismatch')(
          'signature_reused',
          'The signature came before with another event, and onReuse refuses that.',
        )
      trace.reached('decoded')
      // Asked if the options say so, or if the signature came before with another event.
      const { confirm } = config
      const check =
        confirm && (isReused || isWanted(event, confirm))
          ? () =>
              isReused && !signatures.mayAsk()
                ? refuse('not_confirmed', reusedTooOften)
                : ask(event, confirm, sender, passage)
          : undefined
      return claimEvent({ event, sentParams: decoded.partnerParams, bytes: facts.body?.bytes }, receiver, trace, check)
    })
  })
}

const reusedTooOften =
  'The signature came before with another event, and Smile ID was asked about too many of those this minute.'

function verify(claim: Claim | Refusal, { incoming, receiver: { config, mismatch }, trace }: Passage) {
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
async function readAndVerify(known: Proven | undefined, passage: Passage) {
  const { incoming, headers, receiver, trace } = passage
  const { maxBodySize: limit, bodyTimeout: timeoutMs } = receiver.config
  const { contentEncoding, contentLength: length } = headers
  const share = receiver.bodies[known ? 'verified' : 'unverified'].open()
  try {
    const codings = contentCodings(contentEncoding) ?? []
    const read = await readBody(incoming.body, { codings, length, limit, timeoutMs, share })
    if (isRefusal(read)) return read
    trace.facts.body = sizeOf(read)
    trace.read = read
    const outline = checkBody(read, limit)
    if (isRefusal(outline)) return outline
    // A costly parse is not done for strangers.
    const fields = known ? undefined : fieldsOfFull(read, outline)
    const first = known ?? (fields && (await verify(bodyClaim(fields), passage)))
    if (isRefusal(first)) return first
    const parsed = parseBody(read, outline)
    if (isRefusal(parsed)) return refuseMalformed(read, contentEncoding)
    const body = parsed.value
    if (fields && !isSignedAs(body, fields)) return refuse('signature_mismatch')
    trace.reached('read')
    const claim = bodyClaim(body, parsed.hadDate)
    if (!first && isRefusal(claim) && claim.code === 'signature_missing') return refuseUnsigned(body, incoming.headers)
    const sender = first ?? (await verify(claim, passage))
    return isRefusal(sender) ? sender : { read, body, sender }
  } finally {
    share.release()
  }
}

async function ask(
  event: NewEvent,
  confirm: ConfirmConfig,
  { key }: Proven,
  { receiver: { config }, trace: { facts }, trace }: Passage,
): Promise<Refusal | undefined> {
  const context = { key, codes: config.codes, now: config.now() }
  const { word, unconfirmed = [], notes = [], error } = await confirmEvent(event, confirm, context)
  if (word === 'unaskable') return undefined
  facts.confirmation = word
  if (notes.length > 0) facts.notes = [...(facts.notes ?? []), ...notes]
  if (word === 'contradicted') return refuse('contradicted')
  if (word === 'unavailable')
    return error === undefined
      ? refuse('not_confirmed')
      : refuseThrown('not_confirmed', 'confirm_failed', { where: 'confirm', error })
  trace.reached('confirmed')
  Object.assign(event.delivery, { confirmed: true, unconfirmed })
  return undefined
}
