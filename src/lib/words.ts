import { isOwnError } from '../errors.ts'
import { definedOnly } from './json.ts'

/** The parts of an error that a log line may show: the message only for errors of this library. */
interface Described {
  error: string
  code?: string
  at?: string
  says?: string
}

/** Describes an error by class, code and place in the app's own code; never by its message. */
export function describeError(error: unknown): Described {
  try {
    const code = codeOfError(error)
    if (isOwnError(error)) {
      const cause = error.cause === undefined ? '' : ` (${shownError(error.cause)})`
      return { error: error.name, says: error.message.replace(/\.$/, '') + cause }
    }
    if (!(error instanceof Error)) return definedOnly({ error: typeof error, code })
    const name = /^[A-Za-z_$][\w$]{0,60}$/.test(error.constructor.name) ? error.constructor.name : 'Error'
    const at = framesAfter(error.message, error.stack)
    return definedOnly({ error: name, code, at })
  } catch {
    // Errors of some libraries lack a constructor, or throw when they are read.
    return { error: 'Error' }
  }
}

/** The same for a sentence. */
export function shownError(error: unknown): string {
  const { error: name, code, at, says } = describeError(error)
  return says ?? [name, code && `code=${code}`, at && `at ${at}`].filter(Boolean).join(' ')
}

// Only the part after the message counts: the message itself may have lines that look like frames.
function framesAfter(message: string, stack: string | undefined): string | undefined {
  const start = stack?.indexOf(message) ?? -1
  if (stack === undefined || start < 0) return undefined
  const lines = stack.slice(start + message.length).split('\n')
  const frames = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '))
  const frame = frames.find((one) => !isOfNode(one) && !/[\\/]node_modules[\\/]/.test(one))
  return (frame ?? frames.find((one) => !isOfNode(one)))?.slice('at '.length)
}

const isOfNode = (frame: string): boolean => /[ (]node:/.test(frame) || /[ (]<anonymous>\)?$/.test(frame)

/** Classes of Redis clients for errors that the server sent; the first word of the message is the code. */
const redisErrors: ReadonlySet<string> = new Set(['ReplyError', 'ErrorReply', 'SimpleError'])

/** The code that systems, Postgres and Redis give their errors, if any. */
export function codeOfError(error: unknown): string | undefined {
  const { code, message, name, constructor } = (error ?? {}) as {
    code?: unknown
    message?: unknown
    name?: unknown
    constructor?: { name?: unknown }
  }
  if (typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)) return isSqlState(code) ? `SQLSTATE ${code}` : code
  if (!redisErrors.has(String(name)) && !redisErrors.has(String(constructor?.name))) return undefined
  return typeof message === 'string' ? /^([A-Z]{3,20})(?= )/.exec(message)?.[1] : undefined
}

const isSqlState = (code: string): boolean => /^(?=.*\d)[0-9A-Z]{5}$/.test(code)

/** Formats a time in ms. */
export function duration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** The known word nearest to a typed one; undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = bare(word.slice(0, 60))
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(typed, bare(name))
    if (distance < (best?.distance ?? Infinity)) best = { name, distance }
  }
  return best && best.distance <= Math.max(2, Math.floor(best.name.length / 4)) ? best.name : undefined
}

const bare = (name: string): string => name.toLowerCase().replace(/[_-]/g, '')

/** Number of letters to change, add or drop. */
function editDistance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change))
    }
    last = row
  }
  return last[b.length] ?? 0
}

/** Shows a partner id on the screen, unless it may be an API key that was swapped with it. */
export const shownPartner = (partnerId: string): string => (/^\d{1,8}$/.test(partnerId) ? partnerId : '(not a number)')
