// A stand-in for Smile ID on this machine: takes jobs, checks their signature, and calls back a little later.
import express from 'express'
import smileIdentityCore from 'smile-identity-core'
import { deliver, jobStory } from 'express-smile-id/testing'

export function makeStandIn(credential) {
  const app = express().use(express.json())
  app.post('/v1/async_id_verification', (req, res) => {
    const { partner_params, callback_url, signature, timestamp } = req.body
    const genuine = new smileIdentityCore.Signature(credential.partnerId, credential.apiKey).confirm_signature(timestamp, signature)
    if (!genuine) return res.status(400).json({ error: 'Invalid signature', code: '2405' })
    res.json({ success: true })
    setTimeout(() => callBack(credential, callback_url, partner_params), 50)
  })
  return app
}

async function callBack(credential, url, { job_id, user_id, job_type, ...partnerParams }) {
  for (const delivery of jobStory('enhanced_kyc', { generation: 'v1', credential, jobId: job_id, userId: user_id, partnerParams })) await deliver(url, delivery)
}
