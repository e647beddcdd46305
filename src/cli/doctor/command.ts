import { duration, shownPartner } from '../../lib/words.ts'
import type { Credential } from '../../options/types.ts'
import type { ReportCode } from '../../report/report.ts'
import { post } from '../../testing/deliver/post.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/delivery.ts'
import { type Cause, explanation } from '../explain/texts.ts'
import { readCredentials } from '../shared/credentials.ts'
import { harmless, jsonLine, type Style, styleFor, wrap } from '../shared/io.ts'
import { isLoopback, type Run, readTarget } from '../shared/usage.ts'
import { type Answer, classified, isGate, shownUrl, unanswered } from './answer.ts'

/** Finds what stands between Smile ID and a receiver. */
export const run: Run<'doctor'> = async ({ values }, io) => {
  const url = readTarget(values.url, values['allow-remote'], '--url')
  const [credential] = await readCredentials(values, io)
  const findings = await examine(url, credential)
  const ok = findings.every(({ verdict }) => verdict === 'pass')
  io.out(values.json ? jsonLine({ url: shownUrl(url), ok, findings }) : printed(findings, styleFor(io)))
  return ok
}

function printed(findings: readonly Finding[], { good, bad, bold }: Style): string {
  const lines = findings.map(
    ({ name, verdict, says }) =>
      `  ${verdict === 'pass' ? good('ok  ') : bad('no  ')}${name.padEnd(11)}${harmless(says, 300)}`,
  )
  const advice = findings.flatMap(({ name, cause, fix }) =>
    fix === undefined ? [] : ['', `${bold(name)} (${cause ?? ''})`, ...wrap(fix)],
  )
  return `${[...lines, ...advice].join('\n')}\n`
}

/** One finding about the receiver. */
export interface Finding {
  name: string
  verdict: 'pass' | 'fail'
  says: string
  /** Name for `explain`. */
  cause?: Cause | ReportCode
  fix?: string
}

/** Said of one check; it fails if there is a cause. `fix`: default: that of the cause. */
type Found = readonly [says: string, cause?: Cause | ReportCode, fix?: string]

const finding = (name: string, [says, cause, fix]: Found): Finding =>
  cause === undefined
    ? { name, verdict: 'pass', says }
    : { name, verdict: 'fail', says, cause, fix: fix ?? explanation(cause).fix }

/** Time limit for one answer, ms; Smile ID's own. */
const patience = 35_000
/** For other paths, ms. */
const patienceElsewhere = 3_000
/** Bytes: above the limit of most parsers, of some gateways, and near the largest callbacks. */
const sizes = [120_000, 1_100_000, 1_500_000] as const
const oversize = 1_700_000
const dayMs = 24 * 3_600_000

interface Probe {
  /** Default: v3. */
  generation?: Generation
  /** True to sign with another key. */
  forged?: boolean
  /** Size of the body, bytes. Default: the smallest possible. */
  size?: number
  /** True to sign for a day ago, so that the signature is useless to the server that gets it. */
  stale?: boolean
}

type Ask = (how: Probe, at?: URL) => Promise<Answer>
type IsGenuine = (answer: Answer) => boolean

/**
 * Posts genuine deliveries that are not callbacks to a receiver, and finds obstacles. No handler is called for them: a
 * receiver that checks one to the end answers 422 `unrecognized_payload`.
 */
export async function examine(url: URL, credential: Credential, timeout = patience): Promise<Finding[]> {
  const ask: Ask = async ({ generation = 'v3', forged, size = 0, stale }, at = url) => {
    const signer = forged ? { ...credential, apiKey: `${credential.apiKey} forged` } : credential
    const timestamp = stale ? new Date(Date.now() - dayMs).toISOString() : undefined
    const make = (padding: string) =>
      signDelivery({ generation, credential: signer, timestamp, payload: { express_smile_id_doctor: padding } })
    const { headers, body } = make('x'.repeat(Math.max(0, size - Buffer.byteLength(make('').body))))
    const signal = AbortSignal.timeout(at === url ? timeout : Math.min(timeout, patienceElsewhere))
    return post(at, { 'User-Agent': 'express-smile-id doctor', ...headers }, body, { signal }).then(
      (answer) => classified(at, answer),
      unanswered,
    )
  }
  const forged = await ask({ forged: true })
  const reach = finding('reach', await reached(url, forged, ask))
  if (reach.cause !== undefined) return [reach]
  const address = finding('address', addressOf(forged))
  if (address.cause !== undefined) return [reach, address]
  // Another host may only look like the router: it gets no signature that a receiver would accept.
  const stale = !isLoopback(url.hostname)
  const isGenuine: IsGenuine = ({ kind, code }) =>
    kind === 'router'
    && (code === 'unrecognized_payload' || code === 'received' || (stale && code === 'timestamp_expired'))
  const v3 = await ask({ stale })
  const v1 = await ask({ stale, generation: 'v1' })
  const found = [
    reach,
    address,
    finding('forgery', forgeryOf(forged)),
    finding('signed v3', signatureOf('v3', v3, isGenuine(v3), isGenuine(v1), credential)),
    finding('signed v1', signatureOf('v1', v1, isGenuine(v1), isGenuine(v3), credential)),
    finding('clock', clockOf(v3)),
  ]
  if (!isGenuine(v3) && !isGenuine(v1)) return found
  // A stale v3 signature is refused before its body is read.
  const generation = isGenuine(v3) && !stale ? 'v3' : 'v1'
  const sized = (size: number) => ask({ generation, size, stale })
  const size = finding('size', await largest(sized, isGenuine))
  return [...found, size, finding('limit', limitOf(await sized(oversize)))]
}

async function reached(url: URL, answer: Answer, ask: Ask): Promise<Found> {
  if (answer.kind === 'router') return [`the router answers at ${shownUrl(url)}`]
  const { status = 0, cause, says } = answer
  if (status >= 200 && status < 300)
    return [`${status} to a forged delivery: whatever answers here checks nothing.`, 'forgery_accepted']
  const other = cause === 'not_found' ? await elsewhere(url, ask) : undefined
  return [`${says}${other === undefined ? '' : ` It answers at ${shownUrl(other)}.`}`, cause]
}

/** Finds the router at other paths: behind a prefix, without one, with or without a trailing slash. */
async function elsewhere(url: URL, ask: Ask): Promise<URL | undefined> {
  const path = url.pathname
  const parts = path.split('/').filter(Boolean)
  const bare = parts.map((part) => `/${part}`).join('')
  const names = ['/smile-id', '/webhooks/smile-id']
  const prefixed = ['/api', '/v1', '/api/v1'].map((prefix) => prefix + bare)
  const shorter = `/${parts.slice(1).join('/')}`
  const paths = [bare, `${bare}/`, ...prefixed, shorter, '/', ...names, ...names.map((name) => `/api${name}`)]
  for (const one of new Set(paths.filter((known) => known !== path && known !== ''))) {
    const at = new URL(url)
    at.pathname = one
    if ((await ask({ forged: true }, at)).kind === 'router') return at
  }
  return undefined
}

const addressOf = ({ code }: Answer): Found =>
  code !== 'ip_not_allowed'
    ? ['this machine may deliver']
    : [
        'the receiver refuses the address that it sees for this machine, so nothing behind that check can be tried from here.',
        code,
        "That is right if this machine is a stranger. If genuine callbacks are refused too, 'trust proxy' is wrong: the log line says which address it saw. To try the rest, allow this machine's address for a while.",
      ]

/** Other guards, or a proxy that drops headers, are judged by others with the right key. */
const forgeryOf = (answer: Answer): Found =>
  answer.code === 'received'
    ? ['a delivery signed with another key was accepted.', 'forgery_accepted']
    : [`refused, ${wordsOf(answer)}`]

function signatureOf(
  generation: Generation,
  answer: Answer,
  isGenuine: boolean,
  isOtherGenuine: boolean,
  { partnerId }: Credential,
): Found {
  const partner = shownPartner(partnerId)
  if (isGenuine) return [`the signature of partner ${partner} is right`]
  if (answer.kind !== 'router') return [answer.says, 'other_answer']
  const { code } = answer
  const says = wordsOf(answer)
  if (code === 'signature_missing' && generation === 'v3')
    return [`${says}: Response-Signature and Response-Timestamp do not arrive.`, 'headers_lost']
  if (code !== 'signature_mismatch') return [`${says}.`, code === 'received' ? 'other_answer' : code]
  return isOtherGenuine
    ? [`${says}: the other generation is accepted with the same key.`, 'signature_altered']
    : [`${says}: the receiver has another key or partner id than ${partner}.`, 'wrong_key']
}

/** Compares the receiver's Date with our clock. */
function clockOf(answer: Answer): Found {
  const date = answer.kind === 'router' ? Date.parse(answer.date ?? '') : NaN
  if (Number.isNaN(date)) return ['not told']
  const ahead = date - Date.now()
  if (Math.abs(ahead) < 60_000) return ['as here']
  const hours = Math.round(ahead / 3_600_000)
  const isZone = hours !== 0 && Math.abs(ahead - hours * 3_600_000) < 180_000
  const says = `the receiver's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} this one.`
  return [says, isZone ? 'time_zone' : 'clock_behind']
}

async function largest(ask: (size: number) => Promise<Answer>, isGenuine: IsGenuine): Promise<Found> {
  let arrived = ''
  for (const size of sizes) {
    const answer = await ask(size)
    if (answer.kind === 'other' && isGate(answer)) return [answer.says, answer.cause]
    const photos = 'Callbacks with photos have up to 1.5 MB.'
    if (!isGenuine(answer)) return [`${kb(size)} do not arrive (${wordsOf(answer)})${arrived}. ${photos}`, 'body_limit']
    arrived = `; ${kb(size)} do`
  }
  return [`${kb(sizes[2])} arrive`]
}

const limitOf = (answer: Answer): Found =>
  answer.kind !== 'router' || answer.code === 'body_too_large'
    ? [`${kb(oversize)} are refused (${wordsOf(answer)})`]
    : [`${kb(oversize)} are taken: maxBodySize was raised`]

const kb = (bytes: number): string => `${Math.round(bytes / 1000)} kB`
const wordsOf = (answer: Answer): string => (answer.kind === 'router' ? `${answer.status} ${answer.code}` : answer.code)
