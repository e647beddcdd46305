// npm run example lambda. It calls the handler with events as an HTTP API makes them.
import { sample, signDelivery } from 'express-smile-id/testing'

const { handler } = await import('./handler.ts')

const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }
const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })

async function post(what, { apiKey = credential.apiKey, sourceIp = '34.240.137.52', isBase64Encoded = false } = {}) {
  console.log(what)
  const { headers, body } = signDelivery({ generation: 'v3', credential: { ...credential, apiKey }, payload })
  const answer = await handler({
    rawPath: '/smile-id',
    rawQueryString: '',
    headers,
    body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded,
    requestContext: { http: { method: 'POST', sourceIp } },
  })
  console.log(`  answered ${answer.statusCode} ${answer.body}`)
}

await post('a callback')
await post('the same, in base64', { isBase64Encoded: true })
await post('a forgery', { apiKey: 'a forger made this' })
await post('from elsewhere', { sourceIp: '203.0.113.9' })
