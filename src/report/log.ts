import { newerListOf } from '../addresses.ts'
import { copyOf, definedOnly } from '../lib/json.ts'
import { hearFailure } from '../lib/promises.ts'
import type { ErrorPlace } from '../errors.ts'
import { describeError, duration, shownError, shownPartner } from '../lib/words.ts'
import { codes, type ReportCode } from './codes.ts'
import type { Logger } from './logger.ts'
import { failureOf } from './refusal.ts'
import type { DeliveryReport } from './report.ts'

/** Log lines of the library. A logger that throws changes nothing. */
export type Log = ReturnType<typeof createLog>

type Level = 'warn' | 'error' | 'debug'

/** Fewer event names than this can be unsubscribed. */
const mostNames = 500

/** `onFailure` hears what the logger throws. */
export function createLog(
  logger: Logger | undefined,
  hasOnError = false,
  onFailure: (error: unknown) => void = () => undefined,
) {
  const said = new Set<string>()
  const unhandled = new Set<string>()
  const write = (level: Level, facts: () => object, message: string) => {
    try {
      // A logger may write asynchronously, and fail later.
      hearFailure(logger?.[level]?.(copyOf(facts()), `express-smile-id: ${message}`), onFailure)
    } catch (error) {
      onFailure(error)
    }
  }
  const minutes = new Map<string, { written: number; held: number }>()
  /**
   * Allows `most` lines per code and cause in a minute, so that a stranger's refusals do not hide a genuine one; then
   * says how many it held back. Codes and causes are few, so memory is bounded.
   */
  const mayWrite = ({ code, cause }: DeliveryReport, level: Level, most: number): boolean => {
    const key = `${code} ${cause ?? ''} ${most}`
    const minute = minutes.get(key)
    if (minute) {
      if (minute.written < most) return (minute.written += 1) > 0
      minute.held += 1
      return false
    }
    const begun = { written: 1, held: 0 }
    minutes.set(key, begun)
    const timer: Partial<NodeJS.Timeout> = setTimeout(() => {
      minutes.delete(key)
      const { held } = begun
      if (held === 0) return
      const why = cause === undefined ? '' : ` cause=${cause}`
      const message = `${code} suppressed=${held}${why} Suppressed this many identical lines in the last minute. express-smile-id explain ${code}`
      write(level, () => definedOnly({ code, cause, suppressed: held }), message)
    }, minuteMs)
    // Timers of some hosts are numbers.
    timer.unref?.()
    return true
  }
  const isNews = ({ event }: DeliveryReport): boolean => {
    const name = eventName(event)
    if (unhandled.has(name) || unhandled.size >= mostNames) return false
    unhandled.add(name)
    return true
  }
  const noteNewerAddress = ({ clientIp = '' }: DeliveryReport) => {
    const list = newerListOf(clientIp.replace(/^::ffff:/i, ''))
    if (!list) return
    said.add('newer_address')
    const message = `Smile ID delivers from an address that only its newer ${list} list has. This is said once.`
    write('debug', () => ({ topic: 'newer_address', clientIp }), message)
  }
  return {
    delivery(report: DeliveryReport): void {
      const { code, hint } = report
      const facts = () => rounded(report)
      if (report.credential && !said.has('newer_address')) noteNewerAddress(report)
      const isUnhandled = code === 'unhandled' && isNews(report)
      if (isGood(report) && !isUnhandled) {
        write('debug', facts, code)
        return
      }
      const level = levelOf(report)
      // Before the signature is verified anyone can cause these lines; afterwards an outage repeats them.
      const most = report.credential ? mostVerified : 1
      if (!isUnhandled && !mayWrite(report, level, most)) return
      write(level, facts, lineOf(report, hint ?? sentenceOf(report)))
    },
    /** Where code of the app threw, without the message, which may hold identity data. */
    failure(where: ErrorPlace, error: unknown): void {
      const hint = hasOnError ? '' : ' Use onError to see the error itself.'
      const what = failureOf(where).replace(/^./, (first) => first.toLowerCase())
      write(
        'error',
        () => ({ where, ...describeError(error) }),
        `${what}: ${shownError(error)}.${hint} express-smile-id explain on_error`,
      )
    },
    /** A set-up mistake, logged once per `topic`. */
    setUp(topic: string, message: string): void {
      if (said.has(topic)) return
      said.add(topic)
      write('warn', () => ({ topic }), message)
    },
    /** A server that is out of reach, or back. */
    outage: (message: string): void => {
      write('warn', () => ({ topic: 'outage' }), message)
    },
  }
}

const isGood = ({ code, status, hint }: DeliveryReport): boolean =>
  status === 200 && code !== 'handler_rejected' && hint === undefined

const serious: ReadonlySet<ReportCode> = new Set<ReportCode>(['handler_rejected', 'contradicted'])
const levelOf = ({ code, status }: DeliveryReport): Level => (status >= 500 || serious.has(code) ? 'error' : 'warn')

function sentenceOf({ code, event }: DeliveryReport): string {
  if (code === 'unhandled')
    return `No handler is subscribed to ${eventName(event)}, so nothing acted on it, and Smile ID does not send it again. Subscribe to every outcome, or with onAny. This is logged once.`
  return codes[code].sentence
}

/** Name of an event, as `on` takes it. */
const eventName = (event: DeliveryReport['event']): string =>
  event ? `${event.product}.${event.outcome ?? event.kind}` : 'an event'

const tenths = (ms: number): number => Math.round(ms * 10) / 10

/** The report for the logger, with times in tenths of a millisecond. */
export function rounded(report: DeliveryReport): DeliveryReport {
  return {
    ...report,
    durationMs: tenths(report.durationMs),
    stages: report.stages.map(({ name, atMs }) => ({ name, atMs: tenths(atMs) })),
  }
}

/** One line: facts first, then the sentence, then where to read more. */
export function lineOf(report: DeliveryReport, sentence: string): string {
  const { code } = report
  const facts = Object.entries(factsOf(report))
    .map(([name, value]) => (value === undefined || value === '' ? '' : ` ${name}=${value}`))
    .join('')
  return `${code}${facts} ${sentence} express-smile-id explain ${code}`
}

function factsOf(report: DeliveryReport): Record<string, string | number | undefined> {
  const { clientIp, generation, credential, event, handlers, details = {} } = report
  const { partners, signedAt, ageMs = NaN, limitMs, paths = [], error } = details
  const quoted = (text: string | undefined) => text && `"${text}"`
  return {
    status: report.status,
    clientIp: clientIp && plain(clientIp),
    generation,
    signatureIn: generation && (generation === 'v3' ? 'headers' : 'body'),
    passed: report.stages.map(({ name }) => name).join(','),
    partner: credential && shownPartner(credential.partnerId),
    tried: partners?.join(','),
    event: event && eventName(event),
    bytes: report.body?.bytes,
    signedAt,
    age: Number.isNaN(ageMs) ? undefined : `"${duration(ageMs)}${ageMs < 0 ? ' ahead' : ''}"`,
    limit: quoted(limitMs === undefined ? undefined : duration(limitMs)),
    paths: quoted(paths.join(', ')),
    error: quoted(error),
    handlers:
      handlers && `${handlers.matched - handlers.failed - handlers.rejected - handlers.timedOut}/${handlers.matched}`,
    confirmation: report.confirmation,
    cause: report.cause,
    ms: Math.round(report.durationMs),
  }
}

/** A host may pass any string as the address. */
const plain = (text: string): string => text.slice(0, 64).replace(/[^\w.:%-]/g, '?')

const minuteMs = 60_000

/** Lines a minute of verified deliveries that end alike: each is about 400 bytes. */
const mostVerified = 10
