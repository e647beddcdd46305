import express from 'express'
import { smileIdCallbacks } from '../../../dist/index.js'
import { credential } from './bodies.mjs'
import { addresses, work } from './shared.mjs'
import { smileId, smileIdSeries } from './smile-id-sender.mjs'
import { inRedis, inRedisAndQueue } from './with-services.mjs'

function app(more) {
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: addresses, logger: false, ...more })
  callbacks.onAny(work)
  return express().use('/hook', callbacks.router)
}

/** Everything on: address, signature, age, schema, once-only in memory, one async handler. */
export const expressSmileId = {
  name: 'express-smile-id',
  sign: smileId,
  series: smileIdSeries,
  forms: {
    app: () => app({}),
    redis: async () => app(await inRedis()),
    'redis and bullmq': async () => app(await inRedisAndQueue()),
    'wrong address': () => app({ allowedIps: ['192.0.2.1'] }),
  },
}
