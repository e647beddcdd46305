import { shownError } from './words.ts'

/** Tells if a server is reachable. */
export interface Reach {
  /** Called with the error of each call that failed, and without one for each that was answered. */
  note(error?: unknown): void
}

/** A server that comes and goes is named this often, ms. */
const everyMs = 60_000

/**
 * Says once that a server is out of reach, and once that it is back. `who` is what needs it. `saysLost`: false where
 * something else says so.
 */
export function watchReach(who: string, say: (message: string) => void, saysLost = true): Reach {
  let saidMs = -Infinity
  let isLost = false
  return {
    note(error) {
      if (error === undefined) {
        if (isLost) say(`${who} has its server back.`)
        isLost = false
      } else if (!isLost && isOutOfReach(error) && performance.now() - saidMs >= everyMs) {
        saidMs = performance.now()
        isLost = true
        if (saysLost)
          say(`${who} has lost its server: ${shownError(error)}. It retries by itself, and this is said once.`)
      }
    },
  }
}

const unreachable = /connect|socket|closed|offline|writeable|max retries|timed out|in time|terminat/i

/** True for errors of a connection, in the words of pg, ioredis and redis; false for those that a server answered. */
export function isOutOfReach(error: unknown): boolean {
  try {
    const { code, message = '' } = error as { code?: unknown; message?: string }
    return /^(?:E[A-Z]+|57P0[123])$/.test(String(code)) || unreachable.test(message)
  } catch {
    // An error that cannot be read, such as null, says nothing of a server.
    return false
  }
}
