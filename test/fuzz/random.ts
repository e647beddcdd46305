import { mulberry32 } from '../../src/testing/random.ts'

/** Repeatable chance: the same seed makes the same deliveries. */
export interface Random {
  /** 0 to n - 1. */
  below(n: number): number
  pick<T>(list: readonly T[]): T
  chance(part: number): boolean
}

export function createRandom(seed: number): Random {
  const next = mulberry32(seed)
  const below = (n: number) => Math.floor(next() * n)
  return { below, pick: (list) => list[below(list.length)]!, chance: (part) => next() < part }
}
