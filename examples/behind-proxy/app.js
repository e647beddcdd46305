// The same receiver behind a proxy, under three values of Express's 'trust proxy'.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { credential } from '../shared/settings.js'

export function makeApp(trustProxy) {
  const callbacks = smileIdCallbacks({
    credentials: credential,
    // What looks wrong about the set-up is logged once, with the fix.
    logger: { warn: (_facts, message) => console.log(`  log: ${message}`), error: () => {} },
  })
  callbacks.onAny(() => {})
  const app = express()
  app.set('trust proxy', trustProxy)
  return app.use('/smile-id', callbacks.router)
}
