import express from 'express'
import { limit, plain, rawApp, work } from './shared.mjs'

/** Reads the bytes and verifies nothing: the floor. */
export const expressRaw = {
  name: 'express.raw only',
  sign: plain,
  forms: { app: () => rawApp(async () => { await work(); return 200 }) },
}

/** Reads and parses, and verifies nothing. */
export const expressJson = {
  name: 'express.json only',
  sign: plain,
  forms: {
    app() {
      const app = express()
      app.post('/hook', express.json({ limit }), async (_req, res) => {
        await work()
        res.json({ received: true })
      })
      return app
    },
  },
}
