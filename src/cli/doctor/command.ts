import { duration, shownPartner } from '../../lib/words.ts'
import type { Credential } from '../../options/types.ts'
import type { ReportCode } from '../../report/report.ts'
import { type Cause, causeTexts } from '../explain/texts/causes.ts'
import { codeTexts } from '../explain/texts/codes.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, harmless, type Io, type Style, styleFor, wrap } from '../shared/io.ts'
import { isLoopback, readArgs, readTarget, UsageError } from '../shared/usage.ts'
import { type Answer, causeOfAnswer, shownUrl } from './answer.ts'
import { elsewhere, probe, type Probe } from './probe.ts'

const doctorOptions = {
  ...credentialOptions,
  url: { type: 'string' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

/** Finds what stands between Smile ID and a receiver. */
export async function doctor(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, doctorOptions)
  if (positionals.length > 0)
    throw new UsageError(`doctor takes no "${positionals[0] ?? ''}": the URL goes after --url.`)
  const url = readTarget(values.url, values['allow-remote'] === true, '--url')
  const [credential] = await readCredentials(values, io)
  const findings = await examine(url, credential)
  const isWell = findings.every(({ verdict }) => verdict === 'pass')
  io.out(
    values.json ? `${JSON.stringify({ url: shownUrl(url), ok: isWell, findings })}\n` : text(findings, styleFor(io)),
  )
  return isWell ? exitCode.ok : exitCode.refused
}

function text(findings: readonly Finding[], style: Style): string {
  const lines = findings.map(
    ({ name, verdict, says }) =>
      `  ${verdict === 'pass' ? style.good('ok  ') : style.bad('no  ')}${name.padEnd(11)}${harmless(says, 300)}`,
  )
  const advice = findings.flatMap(({ name, cause, fix }) =>
    fix === undefined ? [] : ['', `${style.bold(name)} (${cause ?? ''})`, ...wrap(fix)],
  )
  return `${[...lines, ...advice].join('\n')}\n`
}

/** One finding about the receiver. */
export interface Finding {
  name: string
  verdict: 'pass' | 'fail' | 'not reached'
  says: string
  /** Name for `explain`. */
  cause?: Cause | ReportCode
  fix?: string
}

/** Time limit for one answer, ms; Smile ID's own. */
const patience = 35_000
/** For other paths, ms. */
const patienceElsewhere = 3_000
/** Bytes: above the limit of most parsers, of some gateways, and near the largest callbacks. */
const sizes = [120_000, 1_100_000, 1_500_000] as const
const oversize = 1_700_000

/** Posts deliveries to a receiver, and finds obstacles for genuine ones. No handler is called for them. */
export async function examine(url: URL, credential: Credential, timeout = patience): Promise<Finding[]> {
  const ask = (how: Probe, at: URL = url) =>
    probe(at, credential, how, at === url ? timeout : Math.min(timeout, patienceElsewhere))
  const forged = await ask({ forged: true })
  const reach = await reached(url, forged, ask)
  if (reach.verdict === 'fail') return [reach]
  const address = addressOf(forged)
  if (address.verdict === 'fail') return [reach, address]
  const found = [reach, address, forgeryOf(forged)]
  // Another host may only look like the router: it gets no signature that a receiver would accept.
  const stale = !isLoopback(url.hostname)
  const v3 = await ask({ stale })
  const v1 = await ask({ stale, generation: 'v1' })
  const isGenuine = (answer: Answer): boolean => isTaken(answer, stale)
  found.push(
    signatureOf('v3', v3, isGenuine, v1, credential),
    signatureOf('v1', v1, isGenuine, v3, credential),
    clockOf(v3),
  )
  if (!isGenuine(v3) && !isGenuine(v1)) return found
  // A stale v3 signature is refused before its body is read.
  const generation = isGenuine(v3) && !stale ? 'v3' : 'v1'
  const sized = (size: number) => ask({ generation, size, stale })
  found.push(await largest(sized, isGenuine), limitOf(await sized(oversize)))
  return found
}

const pass = (name: string, says: string): Finding => ({ name, verdict: 'pass', says })
const fail = (name: string, cause: Cause | ReportCode, says: string): Finding => ({
  name,
  verdict: 'fail',
  says,
  cause,
  fix: fixOf(cause),
})
const fixOf = (cause: Cause | ReportCode): string =>
  (cause in causeTexts ? causeTexts[cause as Cause] : codeTexts[cause as ReportCode]).fix

async function reached(url: URL, answer: Answer, ask: (how: Probe, at: URL) => Promise<Answer>): Promise<Finding> {
  if (answer.kind === 'router') return pass('reach', `the router answers at ${shownUrl(url)}`)
  if (answer.kind === 'other' && answer.status >= 200 && answer.status < 300)
    return fail(
      'reach',
      'forgery_accepted',
      `${answer.status} to a forged delivery: whatever answers here checks nothing.`,
    )
  const { cause, says } = causeOfAnswer(answer)
  const other = cause === 'not_found' ? await elsewhere(url, (at) => ask({ forged: true }, at)) : undefined
  return fail('reach', cause, `${says}${other === undefined ? '' : ` It answers at ${shownUrl(other)}.`}`)
}

function addressOf(answer: Answer): Finding {
  if (answer.kind === 'router' && answer.code === 'ip_not_allowed') {
    return {
      ...fail(
        'address',
        'ip_not_allowed',
        'the receiver refuses the address that it sees for this machine, so nothing behind that check can be tried from here.',
      ),
      fix: "That is right if this machine is a stranger. If genuine callbacks are refused too, 'trust proxy' is wrong: the log line says which address it saw. To try the rest, allow this machine's address for a while.",
    }
  }
  return pass('address', 'this machine may deliver')
}

function forgeryOf(answer: Answer): Finding {
  if (answer.kind !== 'router') return fail('forgery', 'other_answer', 'the answer was not the router’s.')
  if (answer.code === 'received')
    return fail('forgery', 'forgery_accepted', 'a delivery signed with another key was accepted.')
  if (answer.code === 'signature_mismatch') return pass('forgery', 'refused, 401 signature_mismatch')
  // Other guards, or a proxy that drops headers, are judged below with the right key.
  return pass('forgery', `refused, ${answer.status} ${answer.code}`)
}

const isTaken = (answer: Answer, stale: boolean): boolean =>
  answer.kind === 'router'
  && (answer.code === 'unrecognized_payload'
    || answer.code === 'received'
    || (stale && answer.code === 'timestamp_expired'))

type IsGenuine = (answer: Answer) => boolean

function signatureOf(
  generation: 'v1' | 'v3',
  answer: Answer,
  isGenuine: IsGenuine,
  other: Answer,
  { partnerId }: Credential,
): Finding {
  const name = `signed ${generation}`
  if (isGenuine(answer)) return pass(name, `the signature of partner ${shownPartner(partnerId)} is right`)
  if (answer.kind !== 'router')
    return fail(
      name,
      'other_answer',
      answer.kind === 'error'
        ? `there is no answer (${answer.code}).`
        : `${answer.status}, which is not an answer of this router.`,
    )
  const says = `${answer.status} ${answer.code}`
  if (answer.code === 'signature_missing' && generation === 'v3')
    return fail(name, 'headers_lost', `${says}: Response-Signature and Response-Timestamp do not arrive.`)
  if (answer.code === 'signature_mismatch')
    return fail(
      name,
      isGenuine(other) ? 'signature_altered' : 'wrong_key',
      `${says}: ${isGenuine(other) ? 'the other generation is accepted with the same key' : `the receiver has another key or partner id than ${shownPartner(partnerId)}`}.`,
    )
  return fail(name, answer.code === 'received' ? 'other_answer' : answer.code, `${says}.`)
}

/** Compares the receiver's Date with our clock. */
function clockOf(answer: Answer): Finding {
  const date = answer.kind === 'router' ? Date.parse(answer.date ?? '') : NaN
  if (Number.isNaN(date)) return pass('clock', 'not told')
  const ahead = date - Date.now()
  if (Math.abs(ahead) < 60_000) return pass('clock', 'as here')
  const hours = Math.round(ahead / 3_600_000)
  const isZone = hours !== 0 && Math.abs(ahead - hours * 3_600_000) < 180_000
  return fail(
    'clock',
    isZone ? 'time_zone' : 'clock_behind',
    `the receiver's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} this one.`,
  )
}

async function largest(ask: (size: number) => Promise<Answer>, isGenuine: IsGenuine): Promise<Finding> {
  let passed = 0
  for (const size of sizes) {
    const answer = await ask(size)
    if (answer.kind === 'other' && answer.by !== undefined) {
      const { cause, says } = causeOfAnswer(answer)
      return fail('size', cause, says)
    }
    if (!isGenuine(answer))
      return fail(
        'size',
        'body_limit',
        `${kb(size)} do not arrive (${wordsOf(answer)})${passed === 0 ? '' : `; ${kb(passed)} do`}. Callbacks with photos have up to 1.5 MB.`,
      )
    passed = size
  }
  return pass('size', `${kb(passed)} arrive`)
}

function limitOf(answer: Answer): Finding {
  const isRefused = answer.kind !== 'router' || answer.code === 'body_too_large'
  return pass(
    'limit',
    isRefused
      ? `${kb(oversize)} are refused (${wordsOf(answer)})`
      : `${kb(oversize)} are taken: maxBodySize was raised`,
  )
}

const kb = (bytes: number): string => `${Math.round(bytes / 1000)} kB`
const wordsOf = (answer: Answer): string =>
  answer.kind === 'error'
    ? answer.code
    : answer.kind === 'router'
      ? `${answer.status} ${answer.code}`
      : String(answer.status)
