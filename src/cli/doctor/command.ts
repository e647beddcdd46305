import { duration, shownPartner } from '../../lib/words.ts'
import type { Credential } from '../../options/types.ts'
import type { ReportCode } from '../../report/report.ts'
import { post } from '../../testing/deliver/post.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'
import type { Generation } from '../../types/delivery.ts'
import { type Cause, explanation } from '../explain/texts.ts'
import { readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, harmless, type Io, jsonLine, type Style, styleFor, wrap } from '../shared/io.ts'
import { isLoopback, readArgs, readTarget } from '../shared/usage.ts'
import { type Answer, classified, isGate, shownUrl, unanswered } from './answer.ts'

/** Finds what stands between Smile ID and a receiver. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = readArgs('doctor', args)
  const url = readTarget(values.url, values['allow-remote'], '--url')
  const [credential] = await readCredentials(values, io)
  const findings = await examine(url, credential)
  const ok = findings.every(({ verdict }) => verdict === 'pass')
  io.out(values.json ? jsonLine({ url: shownUrl(url), ok, findings }) : printed(findings, styleFor(io)))
  return ok ? exitCode.ok : exitCode.refused
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

const pass = (name: string, says: string): Finding => ({ name, verdict: 'pass', says })
const fail = (name: string, cause: Cause | ReportCode, says: string): Finding => ({
  name,
  verdict: 'fail',
  says,
  cause,
  fix: explanation(cause).fix,
})

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
    const limit = { timeout: at === url ? timeout : Math.min(timeout, patienceElsewhere) }
    return post(at, { 'User-Agent': 'express-smile-id doctor', ...headers }, body, limit).then(
      (answer) => classified(at, answer),
      unanswered,
    )
  }
  const forged = await ask({ forged: true })
  const reach = await reached(url, forged, ask)
  if (reach.verdict === 'fail') return [reach]
  const address = addressOf(forged)
  if (address.verdict === 'fail') return [reach, address]
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
    forgeryOf(forged),
    signatureOf('v3', v3, isGenuine(v3), isGenuine(v1), credential),
    signatureOf('v1', v1, isGenuine(v1), isGenuine(v3), credential),
    clockOf(v3),
  ]
  if (!isGenuine(v3) && !isGenuine(v1)) return found
  // A stale v3 signature is refused before its body is read.
  const generation = isGenuine(v3) && !stale ? 'v3' : 'v1'
  const sized = (size: number) => ask({ generation, size, stale })
  return [...found, await largest(sized, isGenuine), limitOf(await sized(oversize))]
}

async function reached(url: URL, answer: Answer, ask: Ask): Promise<Finding> {
  if (answer.kind === 'router') return pass('reach', `the router answers at ${shownUrl(url)}`)
  const { status = 0, cause, says } = answer
  if (status >= 200 && status < 300)
    return fail('reach', 'forgery_accepted', `${status} to a forged delivery: whatever answers here checks nothing.`)
  const other = cause === 'not_found' ? await elsewhere(url, ask) : undefined
  return fail('reach', cause, `${says}${other === undefined ? '' : ` It answers at ${shownUrl(other)}.`}`)
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

function addressOf({ code }: Answer): Finding {
  if (code !== 'ip_not_allowed') return pass('address', 'this machine may deliver')
  return {
    ...fail(
      'address',
      code,
      'the receiver refuses the address that it sees for this machine, so nothing behind that check can be tried from here.',
    ),
    fix: "That is right if this machine is a stranger. If genuine callbacks are refused too, 'trust proxy' is wrong: the log line says which address it saw. To try the rest, allow this machine's address for a while.",
  }
}

function forgeryOf(answer: Answer): Finding {
  if (answer.code === 'received')
    return fail('forgery', 'forgery_accepted', 'a delivery signed with another key was accepted.')
  // Other guards, or a proxy that drops headers, are judged below with the right key.
  return pass('forgery', `refused, ${wordsOf(answer)}`)
}

function signatureOf(
  generation: Generation,
  answer: Answer,
  isGenuine: boolean,
  isOtherGenuine: boolean,
  { partnerId }: Credential,
): Finding {
  const name = `signed ${generation}`
  const partner = shownPartner(partnerId)
  if (isGenuine) return pass(name, `the signature of partner ${partner} is right`)
  if (answer.kind !== 'router') return fail(name, 'other_answer', answer.says)
  const { code } = answer
  const says = wordsOf(answer)
  if (code === 'signature_missing' && generation === 'v3')
    return fail(name, 'headers_lost', `${says}: Response-Signature and Response-Timestamp do not arrive.`)
  if (code !== 'signature_mismatch') return fail(name, code === 'received' ? 'other_answer' : code, `${says}.`)
  return isOtherGenuine
    ? fail(name, 'signature_altered', `${says}: the other generation is accepted with the same key.`)
    : fail(name, 'wrong_key', `${says}: the receiver has another key or partner id than ${partner}.`)
}

/** Compares the receiver's Date with our clock. */
function clockOf(answer: Answer): Finding {
  const date = answer.kind === 'router' ? Date.parse(answer.date ?? '') : NaN
  if (Number.isNaN(date)) return pass('clock', 'not told')
  const ahead = date - Date.now()
  if (Math.abs(ahead) < 60_000) return pass('clock', 'as here')
  const hours = Math.round(ahead / 3_600_000)
  const isZone = hours !== 0 && Math.abs(ahead - hours * 3_600_000) < 180_000
  const says = `the receiver's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} this one.`
  return fail('clock', isZone ? 'time_zone' : 'clock_behind', says)
}

async function largest(ask: (size: number) => Promise<Answer>, isGenuine: IsGenuine): Promise<Finding> {
  let arrived = ''
  for (const size of sizes) {
    const answer = await ask(size)
    if (answer.kind === 'other' && isGate(answer)) return fail('size', answer.cause, answer.says)
    if (!isGenuine(answer))
      return fail(
        'size',
        'body_limit',
        `${kb(size)} do not arrive (${wordsOf(answer)})${arrived}. Callbacks with photos have up to 1.5 MB.`,
      )
    arrived = `; ${kb(size)} do`
  }
  return pass('size', `${kb(sizes.at(-1) ?? 0)} arrive`)
}

const limitOf = (answer: Answer): Finding =>
  pass(
    'limit',
    answer.kind !== 'router' || answer.code === 'body_too_large'
      ? `${kb(oversize)} are refused (${wordsOf(answer)})`
      : `${kb(oversize)} are taken: maxBodySize was raised`,
  )

const kb = (bytes: number): string => `${Math.round(bytes / 1000)} kB`
const wordsOf = (answer: Answer): string => (answer.kind === 'router' ? `${answer.status} ${answer.code}` : answer.code)
