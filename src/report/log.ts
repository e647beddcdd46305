import { copyOf } from '../lib/copy.ts'
import { ignoreFailure } from '../lib/ignore-failure.ts'
import { describeError } from '../lib/describe-error.ts'
import { codes, type ReportCode } from './codes.ts'
import { eventName, lineOf, rounded } from './line.ts'
import type { DeliveryReport } from './report.ts'
import { perMinute } from './throttle.ts'

/** One level of a logger: facts first, then a sentence, as pino takes them and console prints them. */
export type LogMethod = (facts: object, message: string) => void

/** What a logger has to have. Without `debug`, deliveries that went well are not logged. */
export interface Logger {
  /** Refused deliveries, and mistakes in the set-up. */
  warn: LogMethod
  /** Answers of 500 and up, failed handlers, what `confirm` contradicts. */
  error: LogMethod
  /** Deliveries that went well. */
  debug?: LogMethod | undefined
}

/* eslint-disable no-console -- the default logger is the console, for warnings and errors alone; a line holds its facts */
export const warningsToConsole: Logger = Object.freeze({
  warn: (_facts: object, message: string) => console.warn(message),
  error: (_facts: object, message: string) => console.error(message),
})
/* eslint-enable no-console */

export function isLogger(value: unknown): value is Logger {
  const { warn, error } = (value ?? {}) as Partial<Logger>
  return typeof warn === 'function' && typeof error === 'function'
}

/** What the library says aloud. A logger that throws changes nothing. */
export interface Log {
  delivery(report: DeliveryReport): void
  /** Where a handler threw, without what it said: its text may hold identity data. */
  handlerError(error: unknown): void
  /** Why an answer could not be sent, as above: what was thrown is the host's. */
  answerError(error: unknown): void
  /** A mistake in the set-up, said once per `topic`. */
  setUp(topic: string, message: string): void
}

type Level = 'warn' | 'error' | 'debug'

/** Names of events that nobody is subscribed to: there are fewer than this. */
const mostNames = 500

export function createLog(logger: Logger | undefined): Log {
  const said = new Set<string>()
  const unhandled = new Set<string>()
  const write = (level: Level, facts: () => object, message: string) => {
    try {
      // A logger may write later, and fail at it later.
      ignoreFailure(logger?.[level]?.(copyOf(facts()), `express-smile-id: ${message}`))
    } catch {
      // Logging is no reason to lose a delivery.
    }
  }
  const throttle = perMinute((code, cause, held) => {
    const why = cause === undefined ? '' : ` cause=${cause}`
    write('warn', () => ({ code, ...(cause !== undefined && { cause }), suppressed: held }), `${code} suppressed=${held}${why} So many more of these were held back in the last minute. express-smile-id explain ${code}`)
  })
  const isNews = ({ event }: DeliveryReport): boolean => {
    const name = eventName(event)
    if (unhandled.has(name) || unhandled.size >= mostNames) return false
    unhandled.add(name)
    return true
  }
  return {
    delivery(report) {
      const { code, cause, hint } = report
      const facts = () => rounded(report)
      if (isGood(report) && !(code === 'unhandled' && isNews(report))) { write('debug', facts, code); return }
      // Before the signature is proved anybody can make these lines.
      if (!report.credential && !throttle(code, cause)) return
      write(levelOf(report), facts, lineOf(report, hint ?? sentenceOf(report)))
    },
    handlerError(error) {
      const facts = describeError(error)
      const shown = [facts.error, facts.code === undefined ? undefined : `code=${facts.code}`, facts.at === undefined ? undefined : `at ${facts.at}`].filter(Boolean).join(' ')
      write('error', () => facts, `a handler failed: ${shown}; use onHandlerError to see what it threw. express-smile-id explain handler_threw`)
    },
    answerError: (error) => write('error', () => describeError(error), 'an answer could not be sent: something that the host put before the router threw.'),
    setUp(topic, message) {
      if (said.has(topic)) return
      said.add(topic)
      write('warn', () => ({ topic }), message)
    },
  }
}

const isGood = ({ code, status, hint }: DeliveryReport): boolean => status === 200 && code !== 'handler_rejected' && hint === undefined

const serious: ReadonlySet<ReportCode> = new Set<ReportCode>(['handler_rejected', 'contradicted'])
const levelOf = ({ code, status }: DeliveryReport): Level => (status >= 500 || serious.has(code) ? 'error' : 'warn')

function sentenceOf({ code, event }: DeliveryReport): string {
  if (code === 'unhandled') return `No handler is subscribed to ${eventName(event)}, so nobody acted on it, and Smile ID does not send it again. Subscribe to every outcome, or with onAny. This is said once.`
  return codes[code].sentence
}
