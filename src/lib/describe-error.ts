/** An error's class or code, and its place in the code; never its message. */
export function describeError(error: unknown): { error: string; code?: string; at?: string } {
  try {
    const code = codeOfError(error)
    if (!(error instanceof Error)) return { error: typeof error, ...(code !== undefined && { code }) }
    const name = /^[A-Za-z_$][\w$]{0,60}$/.test(error.constructor.name) ? error.constructor.name : 'Error'
    const at = framesAfter(error.message, error.stack)
    return { error: name, ...(code !== undefined && { code }), ...(at !== undefined && { at }) }
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

/** Classes in which Redis clients hand on what the server said; its first word is the code. */
const redisErrors: ReadonlySet<string> = new Set(['ReplyError', 'ErrorReply', 'SimpleError'])

/** The code that systems, Postgres and Redis give their errors; undefined where there is none. */
export function codeOfError(error: unknown): string | undefined {
  const { code, message, name, constructor } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown; constructor?: { name?: unknown } }
  if (typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)) return isSqlState(code) ? `SQLSTATE ${code}` : code
  if (!redisErrors.has(String(name)) && !redisErrors.has(String(constructor?.name))) return undefined
  return typeof message === 'string' ? /^([A-Z]{3,20})(?= )/.exec(message)?.[1] : undefined
}

const isSqlState = (code: string): boolean => /^(?=.*\d)[0-9A-Z]{5}$/.test(code)
