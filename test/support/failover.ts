import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { expect, vi } from 'vitest'
import type { SmileIdCallbacks, SmileIdCallbacksOptions } from '../../src/index.ts'
import { v1Delivery, v1Payload } from './deliveries.ts'
import { receiver } from './receiver.ts'

/** A receiver, and with an inbox its worker. */
export interface Way {
  options: Partial<SmileIdCallbacksOptions>
  work?: (callbacks: SmileIdCallbacks) => { close(): Promise<unknown> }
}

const fact = async (port: number, name: string): Promise<string | undefined> => {
  const server = new Redis(port)
  try {
    return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(await server.info('replication'))?.[1]
  } finally {
    server.disconnect()
  }
}

/** The ports of the master and the replica that have a key, once every master of the cluster has a replica. */
export async function ownersOf(key: string, port: number): Promise<{ master: number; replica: number }> {
  const node = new Redis(port)
  const owners = async () => {
    const slot = await node.cluster('KEYSLOT', key)
    const slots = await node.cluster('SLOTS')
    expect(slots.map(([, , ...nodes]) => nodes.length)).toEqual([2, 2, 2])
    expect(await node.cluster('INFO')).toContain('cluster_state:ok')
    const [, , master, replica] = slots.find(([from, to]) => from <= slot && slot <= to)!
    return { master: master![1], replica: replica![1] }
  }
  return vi.waitFor(owners, { timeout: 30_000, interval: 50 }).finally(() => node.disconnect())
}

/** Has a replica take its master's place in a cluster, which waits until it has all. */
export async function handOver(port: number): Promise<void> {
  const node = new Redis(port)
  await node.cluster('FAILOVER')
  await expect.poll(() => fact(port, 'role'), { timeout: 60_000, interval: 50 }).toBe('master')
  node.disconnect()
}

interface Failing {
  /** Ports. */
  master: number
  replica: number
  kill: () => Promise<void>
}

/**
 * Kills a master in the middle of the traffic, and waits until its replica has taken over. Redis answers before the
 * replica has a write, so that a crash may lose some, which is no fault of ours: writes are held back until it has all.
 */
export async function failOver({ master, replica, kill }: Failing): Promise<void> {
  await expect.poll(() => fact(replica, 'master_link_status'), { timeout: 60_000 }).toBe('up')
  const admin = new Redis(master)
  admin.on('error', () => undefined)
  await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE')
  await expect
    .poll(async () => (await fact(replica, 'slave_repl_offset')) === (await fact(master, 'master_repl_offset')))
    .toBe(true)
  await kill()
  admin.disconnect()
  await expect.poll(() => fact(replica, 'role'), { timeout: 60_000, interval: 50 }).toBe('master')
}

/** Traffic by each way while the master dies: none is lost, none handled twice, and all is accepted again soon. */
export async function survivesFailover(ways: Record<string, Way>, fail: () => Promise<void>): Promise<void> {
  let isOver = false
  const all = Object.entries(ways).map(([name, { options, work }]) => {
    const { callbacks, post } = receiver({ ...options, once: { timeout: 2_000 } })
    const handled: string[] = []
    callbacks.onAny(({ jobId }) => void handled.push(jobId))
    const taken: string[] = []
    const refused: number[] = []
    /** As Smile ID does: again until it is 200. */
    const deliver = async (job: string): Promise<void> => {
      const PartnerParams = { ...v1Payload.PartnerParams, job_id: job }
      for (;;) {
        const { status } = await post(v1Delivery({ payload: { ...v1Payload, PartnerParams } }))
        if (status === 200) return
        refused.push(status)
        await sleep(50)
      }
    }
    const lane = async (lane: number) => {
      for (let n = 0; !isOver; n += 1) {
        const job = `${name} ${lane} ${n}`
        await deliver(job)
        taken.push(job)
        await sleep(20)
      }
    }
    return { name, callbacks, work, deliver, handled, taken, refused, lanes: [1, 2, 3].map(lane) }
  })
  const taken = () => all.map((way) => way.taken.length)
  let before = taken()
  const eachTakes = () =>
    expect
      .poll(() => Math.min(...taken().map((count, at) => count - before[at]!)), { timeout: 60_000, interval: 50 })
      .toBeGreaterThan(10)
  await eachTakes()
  await fail()
  const from = performance.now()
  before = taken()
  await eachTakes()
  const untilAccepted = performance.now() - from
  isOver = true
  await Promise.all(all.flatMap(({ lanes }) => lanes))
  // A client may keep a question until there is a master again; not all do.
  expect(new Set(all.flatMap(({ refused }) => refused))).toEqual(new Set([503]))
  for (const { name, callbacks, work, deliver, handled, taken } of all) {
    await Promise.all(taken.map(deliver))
    const worker = work?.(callbacks)
    await expect.poll(() => new Set(handled).size, { timeout: 60_000 }).toBe(taken.length)
    await worker?.close()
    expect(handled.sort(), name).toEqual([...taken].sort())
  }
  expect(untilAccepted).toBeLessThan(30_000)
}
