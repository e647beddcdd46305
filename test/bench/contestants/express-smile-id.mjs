import express from 'express'
import { credential } from './bodies.mjs'
import { addresses, work } from './shared.mjs'
import { smileId, smileIdSeries } from './smile-id-sender.mjs'

// Another build of the library, to be measured beside this one.
const { smileIdCallbacks } = await import(process.env.BENCH_DIST ?? '../../../dist/index.js')

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
    'wrong address': () => app({ allowedIps: ['192.0.2.1'] }),
  },
}
