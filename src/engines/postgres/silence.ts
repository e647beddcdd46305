import { warnOfSilence } from '../hear-errors.ts'

/** How often `limitMs` passes without an answer, until connections are given up. */
const mostUnanswered = 2

interface Lease {
  end(isBroken: boolean): void
}

interface Lending {
  connect(): Promise<{ release(destroy?: boolean): void }>
  readonly idleCount?: number
}

interface Silence {
  unanswered: number
  readonly leases: Set<Lease>
}

const silences = new WeakMap<Lending, Silence>()

/**
 * Runs a call on a pool, and tells its lease to `hold`. Replaces connections that died in silence: no reset ever comes
 * from a host that is gone. A connection is closed after twice `limitMs` without an answer; where the pool got none at
 * all meanwhile, so are the others that do not answer, and all idle ones. The pool makes new ones.
 */
export async function unlessSilent<T>(
  pool: Lending,
  limitMs: number,
  call: (hold: <L extends Lease>(lease: L) => L) => Promise<T>,
): Promise<T> {
  const silence = silences.get(pool) ?? { unanswered: 0, leases: new Set() }
  silences.set(pool, silence)
  let held: Lease | undefined
  let timer: Partial<NodeJS.Timeout> | undefined
  // Not before: to wait for a connection of a busy pool is no silence.
  const hold = <L extends Lease>(lease: L): L => {
    held = lease
    timer = setInterval(() => {
      silence.unanswered += 1
      if (silence.leases.has(lease)) lease.end(true)
      silence.leases.add(lease)
      if (silence.unanswered >= mostUnanswered) dropAll(pool, silence)
    }, limitMs)
    timer.unref?.()
    return lease
  }
  try {
    const value = await call(hold)
    silence.unanswered = 0
    return value
  } finally {
    clearInterval(timer as NodeJS.Timeout | undefined)
    if (held) silence.leases.delete(held)
  }
}

function dropAll(pool: Lending, { leases }: Silence): void {
  for (const lease of leases) lease.end(true)
  leases.clear()
  for (let idle = pool.idleCount ?? 0; idle > 0; idle -= 1)
    void pool.connect().then(
      (client) => {
        client.release(true)
      },
      () => undefined,
    )
}

/** Warns where a Pool, or the options of one, has no time-outs, and it can be seen. */
export function checkTimeouts(pool: object, name: string, warn: (message: string) => void): void {
  const { options } = pool as { options?: { query_timeout?: unknown; connectionTimeoutMillis?: unknown } }
  if (!options || typeof options !== 'object') return
  const missing = [
    ...(options.query_timeout ? [] : ['query_timeout: 10_000']),
    ...(options.connectionTimeoutMillis ? [] : ['connectionTimeoutMillis: 5_000']),
  ]
  if (missing.length > 0) warnOfSilence(name, `${missing.join(', ')}, and keepAlive: true`, warn)
}
