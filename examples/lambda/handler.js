// AWS Lambda behind an HTTP API (payload format 2.0). Each instance has a memory of its own: give it a store that they share.
import { smileIdCallbacks } from 'express-smile-id'

const callbacks = smileIdCallbacks({
  credentials: { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' },
  // The function itself may take longer than this, but less than the 35 s after which Smile ID gives up.
  handlerTimeout: 20_000,
  logger: false,
})
callbacks.on('approved', ({ partnerParams }) => console.log(`  approved: account ${partnerParams.account_id}`))

export async function handler(event) {
  const { method, sourceIp } = event.requestContext.http
  const report = await callbacks.receive({
    method,
    headers: event.headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    clientIp: sourceIp,
    url: `${event.rawPath}?${event.rawQueryString}`,
  })
  return { statusCode: report.status, body: JSON.stringify({ code: report.code }) }
}
