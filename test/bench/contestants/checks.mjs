// What a receiver by hand checks, and what "equal work" adds to a peer.
import ipaddr from 'ipaddr.js'
import * as z from 'zod'
import { addresses } from './shared.mjs'

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

/** … and of a v3 body. */
export const v3Envelope = z.looseObject({ status: z.string(), message: z.string(), product: z.string(), partner_params: z.looseObject({}).optional() })

/** What "equal work" adds to a peer: the address, the schema, and a memory of what it has seen. */
export function equalWork() {
  const seen = new Set()
  let count = 0
  return (req, body) => {
    if (!isAllowed(req)) return 403
    const isV3 = 'status' in body
    const parsed = (isV3 ? v3Envelope : envelope).safeParse(body)
    if (!parsed.success) return 422
    // A peer's sender signs one text for the whole run; the count makes each delivery a new fact, as ours are.
    const id = `${isV3 ? parsed.data.partner_params?.order_ref : parsed.data.PartnerParams.job_id}:${parsed.data.ResultCode ?? parsed.data.status}:${(count += 1)}`
    if (!seen.has(id)) seen.add(id)
    return 200
  }
}
