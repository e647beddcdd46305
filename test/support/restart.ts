import { expect, vi } from 'vitest'
import { smileIdCallbacks, type OnceStore } from '../../src/index.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from './deliveries.ts'

const delivery = (job: string) => ({
  ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }),
  clientIp: senderIp,
})

/**
 * A store whose server is killed and started again in the middle: 503 meanwhile, and nothing done or claimed is
 * forgotten.
 */
export async function survivesRestart(
  store: OnceStore,
  server: { kill(): Promise<void>; start(): Promise<void> },
): Promise<void> {
  const callbacks = smileIdCallbacks({ ...testOptions, store, once: { timeout: 2_000 } })
  const code = async (job: string) => (await callbacks.receive(delivery(job))).code
  const soon = (job: string, expected: string) =>
    vi.waitFor(async () => expect(await code(job)).toBe(expected), { timeout: 30_000 })
  const handler = vi.fn()
  let open: (() => unknown) | undefined
  callbacks.onJob('done', handler)
  callbacks.onJob('slow', () => new Promise((resolve) => (open = () => resolve(undefined))))
  callbacks.onJob('new', handler)
  expect(await code('done')).toBe('accepted')
  const slow = callbacks.receive(delivery('slow'))
  // Only then: of two deliveries at once either may be the first to reach the store.
  await vi.waitFor(() => expect(open).toBeDefined(), { timeout: 30_000 })
  await soon('slow', 'in_progress')

  await server.kill()
  expect(await callbacks.receive(delivery('new'))).toMatchObject({ code: 'store_unavailable', status: 503 })
  expect(handler).toHaveBeenCalledTimes(1)

  await server.start()
  await soon('done', 'duplicate')
  expect(await code('slow')).toBe('in_progress')
  open?.()
  expect(await slow).toMatchObject({ code: 'accepted', claim: { end: 'completed' } })
  expect(await code('slow')).toBe('duplicate')
  await vi.waitFor(async () => expect((await callbacks.receive(delivery('new'))).status).toBe(200), { timeout: 30_000 })
  expect(handler).toHaveBeenCalledTimes(2)
}
