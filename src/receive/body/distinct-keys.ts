import { randomInt } from 'node:crypto'
import { eachKey } from './json-text.ts'

/** Of this process alone, so that nobody can choose keys that meet. Drawn at the first use: Workers refuse it while a module loads. */
let seed: number | undefined

const mostSteps = 32

/**
 * Whether a JSON text has more distinct keys than `limit`. Hashes in a table instead of texts in a Set:
 * 2 ms instead of 10 for 90 000 keys, and no texts to collect afterwards. Keys that share a hash count as one.
 */
export function hasManyKeys(bytes: Uint8Array, limit: number): boolean {
  // 0 marks a free place; at most a quarter are taken.
  const hashes = new Uint32Array(2 ** Math.ceil(Math.log2(4 * limit)))
  const drawn = (seed ??= randomInt(2 ** 32))
  const last = hashes.length - 1
  let count = 0
  eachKey(bytes, ({ start, end }) => {
    if (count > limit) return
    // FNV-1a.
    let hash = drawn
    for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
    hash = hash >>> 0 || 1
    let at = (hash ^ (hash >>> 15)) & last
    for (let steps = 0; steps < mostSteps; steps += 1) {
      if (hashes[at] === hash) return
      if (hashes[at] === 0) break
      at = (at + 1) & last
    }
    hashes[at] = hash
    count += 1
  })
  return count > limit
}
