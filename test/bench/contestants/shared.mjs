// What several contestants have in common. Light: a process loads nothing that its own contestant does not use.
import express from 'express'

/** Bytes; Smile ID's own maximum. */
export const limit = 1_572_864
export const json = { 'Content-Type': 'application/json' }
export const secret = 'whsec_' + Buffer.from('bench-key-not-a-secret-0123456789').toString('base64')

export const done = { count: 0 }

/** The application's own work: one async handler. It counts, so that a run can tell that it was called for every request. */
export const work = async () => {
  done.count += 1
}

/** For receivers that verify nothing. */
export const plain = (text) => ({ headers: json, body: text })

/** Addresses that every contestant with an address check lets in: the load generator's, and as many as the library's own list has. */
export const addresses = ['127.0.0.1', '192.0.2.10', '192.0.2.11', '192.0.2.12', '192.0.2.13']

/** An app that reads the body with express.raw and answers with the status that `check` gives. */
export function rawApp(check) {
  const app = express()
  app.post('/hook', express.raw({ type: '*/*', limit }), async (req, res) => {
    const status = await check(req)
    res.status(status).json({ received: status === 200 })
  })
  app.use((error, _req, res, _next) => res.status(error.status ?? 500).end())
  return app
}
