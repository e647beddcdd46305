// What several contestants have in common.
import express from 'express'
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { smileIdAddresses } from '../../../dist/index.js'

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

/** Addresses that every contestant with an address check lets in. */
export const addresses = ['127.0.0.1', ...smileIdAddresses.published]

const rules = new Set(addresses.map((address) => ipaddr.parse(address).toString()))
export const isAllowed = (req) => rules.has(ipaddr.process(req.socket.remoteAddress).toString())

/** What a receiver by hand would check of a v1 body. */
export const envelope = z.looseObject({
  ResultCode: z.string(),
  ResultText: z.string(),
  SmileJobID: z.string(),
  ConfidenceValue: z.string().optional(),
  PartnerParams: z.looseObject({ job_id: z.string(), job_type: z.union([z.string(), z.number()]) }),
  Actions: z.record(z.string(), z.string()).optional(),
})

/** What "equal work" adds to a peer: the address, the schema, and a memory of what it has seen. */
export function equalWork() {
  const seen = new Set()
  let count = 0
  return (req, body) => {
    if (!isAllowed(req)) return 403
    const parsed = envelope.safeParse(body)
    if (!parsed.success) return 422
    // A peer's sender signs one text for the whole run; the count makes each delivery a new fact, as ours are.
    const id = `${parsed.data.PartnerParams.job_id}:${parsed.data.ResultCode}:${(count += 1)}`
    if (!seen.has(id)) seen.add(id)
    return 200
  }
}

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
