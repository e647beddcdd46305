// A TypeScript app on the packed tarball: it has to compile, and narrow.
import express from 'express'
import * as z from 'zod'
import { smileIdCallbacks, type DeliveryReport, type SmileIdEvent } from 'express-smile-id'
import { reconcile, type ReconcileReport } from 'express-smile-id/reconcile'
import { signDelivery } from 'express-smile-id/testing'

const callbacks = smileIdCallbacks({
  credentials: { partnerId: '085', apiKey: 'packed' },
  partnerParams: z.object({ account_id: z.string() }),
  onDelivery: (report: DeliveryReport) => report.code,
})
callbacks.on('document_verification.approved', (event) => {
  const account: string = event.partnerParams.account_id
  const final: true = event.final
  return [account, final]
})
callbacks.onAny((event: SmileIdEvent<{ account_id: string }>) => {
  if (event.outcome !== 'approved') return undefined
  const kind: 'result' = event.kind
  return kind
})
callbacks.onAny((event) => {
  // @ts-expect-error no such outcome
  return event.outcome === 'aproved'
})
// @ts-expect-error no such name
callbacks.on('aproved', () => undefined)
export const report: Promise<ReconcileReport> = reconcile(callbacks, {
  environment: 'sandbox',
  jobs: [
    { generation: 'v1', jobId: 'a', userId: 'u' },
    { generation: 'v3', jobId: 'b' },
  ],
})
// @ts-expect-error a v1 job is found by both ids
void reconcile(callbacks, { environment: 'sandbox', jobs: [{ generation: 'v1', jobId: 'a' }] })
express().use('/smile-id', callbacks.router)
export const delivery: { body: string } = signDelivery({
  generation: 'v1',
  credential: { partnerId: '1', apiKey: 'k' },
  payload: {},
})
