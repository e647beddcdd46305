/** One level of a logger: facts first, then a sentence, as pino and console take them. */
type LogMethod = (facts: object, message: string) => void

/** The required interface of a logger. Without `debug`, successful deliveries are not logged. */
export interface Logger {
  /** Refused deliveries, and set-up mistakes. */
  warn: LogMethod
  /** Answers of 500 and up, failed handlers, events that `confirm` contradicts. */
  error: LogMethod
  /** Successful deliveries. */
  debug?: LogMethod | undefined
}

/* eslint-disable no-console -- the default logger is the console, for warnings and errors alone */
export const warningsToConsole: Logger = Object.freeze({
  warn: (_facts: object, message: string) => console.warn(message),
  error: (_facts: object, message: string) => console.error(message),
})
/* eslint-enable no-console */

export function isLogger(value: unknown): value is Logger {
  const { warn, error } = (value ?? {}) as Partial<Logger>
  return typeof warn === 'function' && typeof error === 'function'
}

/** As it is used here: winston takes the message first, and prints an object in its place as `[object Object]`. */
export function adapted(logger: Logger): Logger {
  const { configure, transports } = logger as { configure?: unknown; transports?: unknown }
  if (typeof configure !== 'function' || transports === undefined) return logger
  const swapped = (level: 'warn' | 'error' | 'debug'): LogMethod => {
    return (facts, message) =>
      (logger as unknown as Record<string, (message: string, facts: object) => void>)[level]?.(message, facts)
  }
  return { warn: swapped('warn'), error: swapped('error'), debug: swapped('debug') }
}
