/** Rate limit: returns true for the first `most` calls of each period, false for the rest. `periodMs` in ms. */
export function budget(most: number, periodMs = 1_000): () => boolean {
  let began = -Infinity
  let used = 0
  return () => {
    const now = performance.now()
    if (now - began >= periodMs) {
      began = now
      used = 0
    }
    used += 1
    return used <= most
  }
}
