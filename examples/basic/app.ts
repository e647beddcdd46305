// An Express app that receives Smile ID callbacks, as you would write it.
import express from 'express'
import { smileIdAddresses, smileIdCallbacks, type SmileIdEvent } from 'express-smile-id'

export const credential = {
  partnerId: process.env.SMILE_ID_PARTNER_ID ?? '085',
  // Your own comes from the portal. This one is for trying things out on your machine.
  apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret',
}

export const callbacks = smileIdCallbacks({
  credentials: credential,
  // The loopback address, so that you can post to it yourself. In production leave allowedIps out.
  allowedIps: ['127.0.0.1', '::1', ...smileIdAddresses.published],
  logger: process.env.QUIET ? false : undefined,
})

/** What the handlers saw. Yours would update the account. */
export const seen: SmileIdEvent[] = []
const note = (what: string) => (event: SmileIdEvent) => {
  seen.push(event)
  console.log(`  event  ${what}: job ${event.jobId}, account ${event.partnerParams.account_id}`)
}

callbacks.on('approved', note('approved'))
callbacks.on('rejected', note('rejected'))
callbacks.on('provisional', note('under review'))
callbacks.on('id_info', note('the ID was looked up'))
callbacks.on('document_verification.approved', note('a document is genuine'))

export const app = express()
// A reverse proxy on the same machine may say who the sender is.
app.set('trust proxy', 'loopback')
app.use('/smile-id', callbacks.router)
app.get('/', (_req, res) => res.send('Post callbacks to /smile-id'))
