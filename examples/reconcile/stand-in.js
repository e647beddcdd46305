// A stand-in for Smile ID on this machine: it has results, answers questions about them, and delivers again when asked.
import express from 'express'
import smileIdentityCore from 'smile-identity-core'
import { deliver, sample, signDelivery } from 'express-smile-id/testing'

export function makeStandIn(credential) {
  const jobs = new Map()
  let callbackUrl
  const add = (generation, jobId, userId, outcome, account_id) => {
    const payload = sample('document_verification', outcome, { generation, jobId, userId, partnerParams: { account_id } })
    jobs.set(jobId, { generation, jobId, userId, payload })
  }
  const callBack = ({ generation, jobId, userId, payload }) => deliver(callbackUrl, signDelivery({ generation, jobId, userId, payload, credential }))

  const app = express().use(express.json())
  app.post('/v1/job_status', ({ body: { job_id, user_id } }, res) => {
    const job = jobs.get(job_id)
    if (job?.userId !== user_id) return res.status(404).json({ code: '2304', error: 'no such job' })
    const signed = new smileIdentityCore.Signature(credential.partnerId, credential.apiKey).generate_signature()
    const isComplete = job.payload.ResultCode !== '0814'
    res.json({ ...signed, job_complete: isComplete, job_success: isComplete, code: '2302', result: job.payload, history: [job.payload] })
  })
  app.post('/v3/token', (_, res) => res.json({ token: 'token-of-the-stand-in' }))
  app.get('/v3/status/:jobId', ({ params: { jobId } }, res) => {
    const { userId, payload } = jobs.get(jobId)
    res.json({ status: payload.status, job_id: jobId, user_id: userId, message: 'Job completed', created_at: new Date().toISOString() })
  })
  app.post('/v3/replay/:jobId', ({ params: { jobId } }, res) => {
    res.status(202).json({ status: 'accepted', job_id: jobId })
    void callBack(jobs.get(jobId))
  })
  return { app, add, callBack: (jobId) => callBack(jobs.get(jobId)), callTo: (url) => (callbackUrl = url) }
}
