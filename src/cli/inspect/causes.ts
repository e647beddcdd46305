import { createHmac } from 'node:crypto'
import { isRecord, type Json, parseJson } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { keyForms } from '../../receive/guards/mismatch.ts'
import { bodyClaim, type Claim, headerClaim } from '../../receive/guards/signature.ts'
import { headerReader, readHeaders } from '../../receive/headers.ts'
import { isRefusal } from '../../report/refusal.ts'
import type { DeliveryReport, ReportCode } from '../../report/report.ts'
import { type Cause, explanation, isCause } from '../explain/texts.ts'
import { bodyText, type Capture } from '../shared/body.ts'
import { harmless } from '../shared/io.ts'
import type { KnownReport } from './read/report.ts'

/** Facts for the search for a cause. */
export interface Facts {
  capture: Capture
  report: DeliveryReport
  credentials: readonly Credential[]
  /** Epoch ms at which the capture is judged. */
  at: number
  /** The body as a string. */
  text: string
  /** The parsed body; undefined if it is not JSON. */
  value: unknown
  /** The same, if it is an object; else an empty one. */
  body: Json
  header: (name: string) => string | undefined
  /** The signature that the router judged; undefined if it found none. */
  claim: Claim | undefined
  /** The generation that the delivery claims, even by half a pair of headers. */
  signedIn: Claim['generation']
}

export function factsOf(given: Pick<Facts, 'capture' | 'report' | 'credentials' | 'at'>): Facts {
  const { headers } = given.capture
  const text = bodyText(given.capture)
  const value = parseJson(text)
  const inHeaders = headerClaim(readHeaders(headers))
  const claim = inHeaders ?? bodyClaim(value)
  return {
    ...given,
    text,
    value,
    body: isRecord(value) ? value : {},
    header: headerReader(headers),
    claim: isRefusal(claim) ? undefined : claim,
    signedIn: inHeaders === undefined ? 'v1' : 'v3',
  }
}

/** A likely mistake, for readers who see a callback for the first time. */
export interface Mistake {
  /** Name for `explain`. */
  name: Cause | ReportCode
  because: string
  fix: string
}

/** `because`: facts of this one delivery; default: the general explanation. */
export function mistake(name: Cause | ReportCode, because?: string): Mistake {
  const { what, why, fix } = explanation(name)
  return { name, because: because ?? `${what} ${why}`, fix }
}

type Search = (facts: Facts) => Cause | Mistake | undefined

/** Examines malformed JSON further than a receiver does. */
const malformed: Search = ({ capture, text, header }) => {
  const bytes = Buffer.byteLength(text)
  const declared = Number(header('content-length') ?? bytes)
  if (typeof capture.body === 'string' && text.startsWith('\u001F\uFFFD')) return 'binary_as_text'
  if (/^\s*\{\s*'/.test(text) || /:\s*(None|True|False|undefined)\b/.test(text)) return 'printed_object'
  if (!/^\s*[{[]/.test(text) || (bytes >= declared && /[}\]]\s*$/.test(text))) return undefined
  const limit = bytes % 1024 === 0 ? ` That is a limit of ${bytes / 1024} kB to the byte.` : ''
  return mistake(
    'cut_off',
    `The body stops in the middle after ${bytes} bytes${bytes < declared ? ` of ${declared}` : ''}.${limit} Callbacks with photos have up to 1.5 MB.`,
  )
}

/** Recognizes webhooks of Smile API (getsmileapi.com), which shares a name with Smile ID. */
const otherCompany: Search = ({ body, capture, claim, credentials, header, text }) => {
  const { type, createdAt, data } = body
  const looksLikeTheirs = /^[A-Z]+(_[A-Z]+)+$/.test(String(type)) && typeof createdAt === 'string' && isRecord(data)
  const signature = claim?.signature ?? header('smile-signature') ?? header('x-smile-signature') ?? ''
  // They sign the whole body with SHA-512.
  const isHashed = credentials.some(({ apiKey }) =>
    (['hex', 'base64'] as const).some((form) => createHmac('sha512', apiKey).update(text).digest(form) === signature),
  )
  const isFromThem = capture.clientIp === '18.142.61.230'
  return looksLikeTheirs || isHashed || isFromThem ? 'getsmileapi' : undefined
}

/** Recognizes other JSON of Smile ID. */
const notACallback: Search = ({ body }) => {
  if ('job_complete' in body) return 'job_status'
  if (typeof body['code'] === 'string' && 'error' in body) return 'request_error'
  if (body['success'] === true && Object.keys(body).every((key) => /^(success|timestamp|signature)$/.test(key)))
    return 'acknowledgement'
  return typeof body['job_type'] === 'string' && 'created_at' in body && 'code' in body ? 'sync_response' : undefined
}

type Recipe = (time: string, partner: string) => string[]

/** True if one of the credentials made the signature over one of these strings, in base64 or hexadecimal. */
function isMade(
  { claim, credentials }: Facts,
  recipe: Recipe,
  { signature, possibleSignedStrings: times } = claim ?? { signature: '', possibleSignedStrings: [] },
  formsOf = (key: string): string[] => [key],
): boolean {
  const hash = (key: string, text: string) => createHmac('sha256', key).update(text).digest()
  return credentials.some(({ partnerId, apiKey }) => {
    const hashes = formsOf(apiKey).flatMap((key) =>
      times.flatMap((time) => recipe(time, partnerId).map((text) => hash(key, text))),
    )
    const wanted = signature.replace(/^sha256=/, '')
    return hashes.some((one) => one.toString('base64') === wanted || one.toString('hex') === wanted.toLowerCase())
  })
}

const theirs: Recipe = (time, partner) => [`${time}${partner}sid_request`]

const otherPlace: Search = (facts) => {
  const inBody = bodyClaim(facts.value)
  if (!facts.claim || facts.signedIn !== 'v3' || isRefusal(inBody)) return undefined
  if (isMade(facts, theirs, inBody)) return 'headers_against_body'
  return isMade(facts, theirs, { ...inBody, signature: facts.claim.signature }) ? 'timestamp_of_other_place' : undefined
}

const otherRecipe: Recipe = (time, partner) => [
  time + partner,
  `${partner}:${time}`,
  `${time}:${partner}`,
  `${partner}${time}sid_request`,
  `${time}sid_request`,
]

const hashedBody =
  ({ text, value }: Facts): Recipe =>
  (time) =>
    [text, JSON.stringify(value ?? null), text.trim()].flatMap((body) => [body, `${time}.${body}`, time + body])

/**
 * Searches that a receiver omits: they need the whole body, a key that is refused at start, or more work than a
 * stranger may cause.
 */
const searches: Readonly<Partial<Record<ReportCode, readonly Search[]>>> = {
  ip_not_allowed: [otherCompany],
  malformed_json: [malformed],
  signature_missing: [
    otherCompany,
    (facts) => (/^(unsigned|headers_lost)$/.test(facts.report.cause ?? '') ? notACallback(facts) : undefined),
  ],
  signature_mismatch: [
    (facts) => (isMade(facts, theirs, undefined, keyForms) ? 'api_key_whitespace' : undefined),
    otherPlace,
    (facts) => (isMade(facts, otherRecipe) ? 'other_recipe' : undefined),
    (facts) => (isMade(facts, hashedBody(facts)) ? 'hashed_body' : undefined),
    ({ claim }) => (claim?.signature.includes('|') ? 'sec_key' : undefined),
    otherCompany,
  ],
  unrecognized_payload: [notACallback],
  timestamp_expired: [
    ({ report, capture }) =>
      report.cause === 'stale' && !capture.receivedAt
        ? mistake('stale', `${report.hint ?? ''} If this is a capture of former days, say when it came with --at.`)
        : undefined,
  ],
}

/**
 * The likely reason of a refusal: one that only the capture shows, else the receiver's own. Undefined for accepted
 * deliveries.
 */
export function causeOf(facts: Facts): Mistake | undefined {
  const { report } = facts
  if (report.status === 200) return undefined
  for (const search of searches[report.code] ?? []) {
    const found = search(facts)
    if (found !== undefined) return typeof found === 'string' ? mistake(found) : found
  }
  return causeOfReport(report)
}

/** The cause that a receiver named. */
export const causeOfReport = ({ code, hint, cause = '' }: Pick<KnownReport, 'code' | 'hint' | 'cause'>): Mistake =>
  mistake(isCause(cause) ? cause : code, hint === undefined ? undefined : harmless(hint, 500))
