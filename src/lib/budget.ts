/** Rate limit: returns true for the first `perSecond` calls of each second, false for the rest. */
export function budget(perSecond: number): () => boolean {
  let began = -Infinity
  let used = 0
  return () => {
    const now = performance.now()
    if (now - began >= 1_000) {
      began = now
      used = 0
    }
    used += 1
    return used <= perSecond
  }
}
