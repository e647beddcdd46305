/** So many acts per second; false for those beyond. */
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
