// AWS Lambda behind an API Gateway, a load balancer or a function URL. Each instance has a memory of its own: give it a store that they share.
import { smileIdCallbacks } from 'express-smile-id'
import { lambdaHandler } from 'express-smile-id/lambda'

const callbacks = smileIdCallbacks({
  credentials: { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' },
  // The function itself may take longer than this, but less than the 35 s after which Smile ID gives up.
  handlerTimeout: 20_000,
  logger: false,
})
callbacks.on('approved', ({ partnerParams }) => console.log(`  approved: account ${partnerParams.account_id}`))

export const handler = lambdaHandler(callbacks)
