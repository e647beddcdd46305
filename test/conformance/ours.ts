import { inspect } from 'node:util'
import express from 'express'
import { smileIdCallbacks, type OnceStore } from '../../src/index.ts'
import { memoryStore } from '../../src/once/memory.ts'
import { credential, now } from '../support/deliveries.ts'
import type { Receiver } from './receiver.ts'

/** The library, with a store that outlives the process. */
export const ours: Receiver = (effects, durable) => {
  if (!durable.has('store')) durable.set('store', memoryStore({ now: () => performance.now() + durable.later }))
  const log = (facts: object, message: string) => void effects.logged.push(message, inspect(facts, { depth: 20 }))
  const callbacks = smileIdCallbacks({
    credentials: credential,
    now: () => now,
    logger: { warn: log, error: log, debug: log },
    store: durable.get('store') as OnceStore,
    handlerTimeout: 20_000,
    once: { lease: 30_000 },
  })
  callbacks.on('approved', async ({ jobId }) => {
    await effects.work(jobId)
    effects.approved.push(jobId)
  })
  callbacks.on('rejected', async ({ jobId }) => {
    await effects.work(jobId)
    effects.rejected.push(jobId)
  })
  callbacks.onAny(() => undefined)
  const app = express().set('trust proxy', 1).use(callbacks.router)
  return app as ReturnType<Receiver>
}
