import { shownError } from '../lib/words.ts'

/** Tells if a server is reachable. */
export interface Reach {
  lost(error: unknown): void
  back(): void
}

/** Says once that a server is out of reach, and once that it is back. `who` is what needs it. */
export function watchReach(who: string, say: (message: string) => void): Reach {
  let isLost = false
  return {
    lost(error) {
      if (isLost) return
      isLost = true
      say(`${who} has lost its server: ${shownError(error)}. It retries by itself, and this is said once.`)
    },
    back() {
      if (isLost) say(`${who} has its server back.`)
      isLost = false
    },
  }
}
