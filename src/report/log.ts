import { codes, type ReportCode } from './codes.ts'
import type { DeliveryReport } from './report.ts'

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

/* eslint-disable no-console -- the default logger is the console, for warnings and errors alone */
export const warningsToConsole: Logger = Object.freeze({
  warn: (facts: object, message: string) => console.warn(message, facts),
  error: (facts: object, message: string) => console.error(message, facts),
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

const quietMs = 60_000

export function createLog(logger: Logger | undefined): Log {
  const said = new Set<string>()
  const throttle = perMinute()
  const write = (level: 'warn' | 'error' | 'debug', facts: object, message: string) => {
    try {
      const writing: unknown = logger?.[level]?.(facts, `express-smile-id: ${message}`)
      // A logger may write later, and fail at it later.
      if (writing !== undefined) void Promise.resolve(writing).catch(() => undefined)
    } catch {
      // Logging is no reason to lose a delivery.
    }
  }
  return {
    delivery(report) {
      const { code, status, hint } = report
      if (status === 200 && code !== 'handler_rejected' && hint === undefined) { write('debug', report, code); return; }
      // Before the signature is proved anybody can make these lines.
      const suppressed = report.credential ? 0 : throttle(code)
      if (suppressed === undefined) return
      const facts = suppressed > 0 ? { ...report, suppressed } : report
      write(status >= 500 || code === 'handler_rejected' || code === 'contradicted' ? 'error' : 'warn', facts, `${code}. ${hint ?? codes[code].sentence}`)
    },
    handlerError: (error) => write('error', describeError(error), 'a handler failed; use onHandlerError to see what it threw.'),
    answerError: (error) => write('error', describeError(error), 'an answer could not be sent: something that the host put before the router threw.'),
    setUp(topic, message) {
      if (said.has(topic)) return
      said.add(topic)
      write('warn', { topic }, message)
    },
  }
}

/** How many lines of this code were held back since the last one; undefined if this one is to be, too. */
function perMinute(): (code: ReportCode) => number | undefined {
  const last = new Map<ReportCode, { at: number; suppressed: number }>()
  return (code) => {
    const entry = last.get(code)
    const at = performance.now()
    if (entry && at - entry.at < quietMs) {
      entry.suppressed += 1
      return undefined
    }
    last.set(code, { at, suppressed: 0 })
    return entry?.suppressed ?? 0
  }
}

/** An error's class and place in the code; never its message. */
function describeError(error: unknown): { error: string; at?: string } {
  try {
    if (!(error instanceof Error)) return { error: typeof error }
    const name = /^[A-Za-z_$][\w$]{0,60}$/.test(error.constructor.name) ? error.constructor.name : 'Error'
    const frames = framesAfter(error.message, error.stack)
    return { error: name, ...(frames && { at: frames }) }
  } catch {
    // Errors of some libraries lack a constructor, or throw when they are looked at.
    return { error: 'Error' }
  }
}

// The stack repeats the message, which may have lines that look like frames: only what follows it counts.
function framesAfter(message: string, stack: string | undefined): string | undefined {
  const start = stack?.indexOf(message) ?? -1
  if (stack === undefined || start < 0) return undefined
  return /^\s+at (.+)$/m.exec(stack.slice(start + message.length))?.[1]
}
