import { createHmac } from 'node:crypto'
import { isRecord } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { keyForms } from '../../receive/guards/mismatch.ts'
import { bodyClaim } from '../../receive/guards/signature.ts'
import { isRefusal } from '../../report/refusal.ts'
import type { ReportCode } from '../../report/report.ts'
import { sign, signingKey } from '../../signature/sign.ts'
import { type Cause, causeTexts, isCause } from '../explain/texts/causes.ts'
import { codeTexts } from '../explain/texts/codes.ts'
import { harmless } from '../shared/io.ts'
import type { Facts } from './facts.ts'
import type { KnownReport } from './read/report.ts'

/** A likely mistake, for readers who see a callback for the first time. */
export interface Mistake {
  /** Name for `explain`. */
  name: Cause | ReportCode
  because: string
  fix: string
}

/** `because`: facts of this one delivery; default: the general explanation. */
export function mistake(name: Cause, because?: string): Mistake {
  const { what, why, fix } = causeTexts[name]
  return { name, because: because ?? `${what} ${why}`, fix }
}

/** For codes that need no cause; the receiver's own hint comes first. */
export function mistakeOfCode(code: ReportCode, hint: string | undefined): Mistake {
  const { what, why, fix } = codeTexts[code]
  return { name: code, because: hint ?? `${what} ${why}`, fix }
}

/** Examines malformed JSON further than a receiver does. */
export function causeOfMalformed({ capture, text, header }: Facts): Mistake | undefined {
  const bytes = Buffer.byteLength(text)
  const declared = Number(header('content-length') ?? bytes)
  if (typeof capture.body === 'string' && text.startsWith('\u001F\uFFFD')) return mistake('binary_as_text')
  if (/^\s*\{\s*'/.test(text) || /:\s*(None|True|False|undefined)\b/.test(text)) return mistake('printed_object')
  if (!/^\s*[{[]/.test(text) || (bytes >= declared && /[}\]]\s*$/.test(text))) return undefined
  const limit = bytes % 1024 === 0 ? ` That is a limit of ${bytes / 1024} kB to the byte.` : ''
  return mistake(
    'cut_off',
    `The body stops in the middle after ${bytes} bytes${bytes < declared ? ` of ${declared}` : ''}.${limit} Callbacks with photos have up to 1.5 MB.`,
  )
}

/** Sender of their deliveries. */
const theirAddress = '18.142.61.230'

/** Recognizes webhooks of Smile API (getsmileapi.com), which shares a name with Smile ID. */
export function ofOtherCompany(facts: Facts): Mistake | undefined {
  const { body, capture, claim, credentials, text } = facts
  const looksLikeTheirs =
    typeof body['type'] === 'string'
    && /^[A-Z]+(_[A-Z]+)+$/.test(body['type'])
    && typeof body['createdAt'] === 'string'
    && isRecord(body['data'])
  const signature = claim?.signature ?? facts.header('smile-signature') ?? facts.header('x-smile-signature') ?? ''
  // They sign the whole body with SHA-512.
  const hashed = credentials.some(({ apiKey }) =>
    (['hex', 'base64'] as const).some((form) => createHmac('sha512', apiKey).update(text).digest(form) === signature),
  )
  if (!looksLikeTheirs && !hashed && capture.clientIp !== theirAddress) return undefined
  return mistake('getsmileapi')
}

/** Recognizes other JSON of Smile ID. */
export function notACallback({ body }: Pick<Facts, 'body'>): Mistake | undefined {
  if ('job_complete' in body) return mistake('job_status')
  if (typeof body['code'] === 'string' && 'error' in body) return mistake('request_error')
  if (body['success'] === true && Object.keys(body).every((key) => ['success', 'timestamp', 'signature'].includes(key)))
    return mistake('acknowledgement')
  if (typeof body['job_type'] === 'string' && 'created_at' in body && 'code' in body) return mistake('sync_response')
  return undefined
}

type KeySearch = (facts: Facts, signature: string, possibleSignedTexts: readonly string[]) => Mistake | undefined

/** Tries mistakes in a wrong signature that a receiver does not try. */
export function causeOfMismatch(facts: Facts): Mistake | undefined {
  const { claim } = facts
  for (const search of claim ? keySearches : []) {
    const found = search(facts, claim?.signature ?? '', claim?.possibleSignedStrings ?? [])
    if (found) return found
  }
  return undefined
}

const keyTypedWrong: KeySearch = ({ credentials }, signature, possibleSignedTexts) =>
  credentials.some(({ partnerId, apiKey }) =>
    keyForms(apiKey).some((form) => matches(signature, possibleSignedTexts, partnerId, form)),
  )
    ? mistake('api_key_whitespace')
    : undefined

const otherPlace: KeySearch = (facts, signature) => {
  if (facts.claim?.generation !== 'v3') return undefined
  const inBody = bodyClaim(facts.value)
  if (isRefusal(inBody)) return undefined
  const { credentials } = facts
  const made = (one: string) =>
    credentials.some(({ partnerId, apiKey }) => matches(one, inBody.possibleSignedStrings, partnerId, apiKey))
  if (made(inBody.signature)) return mistake('headers_against_body')
  return made(signature) ? mistake('timestamp_of_other_place') : undefined
}

const otherRecipe: KeySearch = (facts, signature, possibleSignedTexts) => {
  const recipes: ((time: string, partner: string) => string)[] = [
    (time, partner) => time + partner,
    (time, partner) => `${partner}:${time}`,
    (time, partner) => `${time}:${partner}`,
    (time, partner) => `${partner}${time}sid_request`,
    (time) => `${time}sid_request`,
  ]
  return explainedBy(facts, signature, possibleSignedTexts, recipes) ? mistake('other_recipe') : undefined
}

const hashedBody: KeySearch = (facts, signature, possibleSignedTexts) => {
  const bodies = [facts.text, JSON.stringify(facts.value ?? null), facts.text.trim()]
  const recipes = bodies.flatMap((body) => [
    () => body,
    (time: string) => `${time}.${body}`,
    (time: string) => time + body,
  ])
  return explainedBy(facts, signature.replace(/^sha256=/, ''), possibleSignedTexts, recipes)
    ? mistake('hashed_body')
    : undefined
}

const retired: KeySearch = (_facts, signature) => (signature.includes('|') ? mistake('sec_key') : undefined)

const keySearches: readonly KeySearch[] = [keyTypedWrong, otherPlace, otherRecipe, hashedBody, retired, ofOtherCompany]

const matches = (
  signature: string,
  possibleSignedTexts: readonly string[],
  partnerId: string,
  apiKey: string,
): boolean =>
  partnerId !== ''
  && apiKey !== ''
  && possibleSignedTexts.some((text) => sign(text, signingKey(partnerId, apiKey)) === signature)

function explainedBy(
  { credentials }: { credentials: readonly Credential[] },
  signature: string,
  possibleSignedTexts: readonly string[],
  recipes: readonly ((time: string, partner: string) => string)[],
): boolean {
  const wanted = signature.toLowerCase()
  return credentials.some(({ partnerId, apiKey }) =>
    possibleSignedTexts.some((time) =>
      recipes.some((recipe) => {
        const hash = createHmac('sha256', apiKey).update(recipe(time, partnerId)).digest()
        return hash.toString('base64') === signature || hash.toString('hex') === wanted
      }),
    ),
  )
}

type Search = (facts: Facts) => Mistake | undefined

/**
 * Searches that a receiver omits: they need the whole body, a key that is refused at start, or more work than a
 * stranger may cause.
 */
const searches: Readonly<Partial<Record<ReportCode, Search>>> = {
  ip_not_allowed: ofOtherCompany,
  malformed_json: causeOfMalformed,
  signature_missing: (facts) =>
    ofOtherCompany(facts) ?? (generic.has(facts.report.cause ?? '') ? notACallback(facts) : undefined),
  signature_mismatch: causeOfMismatch,
  unrecognized_payload: notACallback,
  timestamp_expired: ({ report, capture }) =>
    report.cause === 'stale' && !capture.receivedAt
      ? mistake('stale', `${report.hint ?? ''} If this is a capture of former days, say when it came with --at.`)
      : undefined,
}

const generic: ReadonlySet<string> = new Set(['unsigned', 'headers_lost'])

/**
 * The likely reason of a refusal: one that only the capture shows, else the receiver's own. Undefined for accepted
 * deliveries.
 */
export const causeOf = (facts: Facts): Mistake | undefined =>
  facts.report.status === 200 ? undefined : (searches[facts.report.code]?.(facts) ?? causeOfReport(facts.report))

/** The cause that a receiver named. */
export function causeOfReport({ code, hint, cause }: Pick<KnownReport, 'code' | 'hint' | 'cause'>): Mistake {
  const said = hint === undefined ? undefined : harmless(hint, 500)
  return cause !== undefined && isCause(cause) ? mistake(cause, said) : mistakeOfCode(code, said)
}
