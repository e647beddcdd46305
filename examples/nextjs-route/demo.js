// npm run example nextjs-route. A plain fetch server stands in for Next: it calls the route as Next would.
import { createServer } from 'node:http'
import { sample, signDelivery } from 'express-smile-id/testing'

const { callbacks, credential } = await import('./callbacks.ts')
const route = await import('./app/api/smile-id/route.ts')

const server = createServer(async (req, res) => {
  const handler = route[req.method]
  if (req.url !== '/api/smile-id' || !handler) return res.writeHead(handler ? 404 : 405).end()
  const body = []
  for await (const part of req) body.push(part)
  const request = new Request(`http://localhost${req.url}`, { method: req.method, headers: req.headers, body: Buffer.concat(body) })
  const response = await handler(request)
  res.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

const url = `http://127.0.0.1:${server.address().port}/api/smile-id`
const post = async (what, { headers, body }, from = '34.240.137.52') => {
  console.log(what)
  const response = await fetch(url, { method: 'POST', headers: { ...headers, 'X-Real-IP': from }, body })
  console.log(`  answered ${response.status} ${await response.text()}`)
}
const payload = sample('document_verification', 'approved', { jobId: 'job-1' })

await post('v3', signDelivery({ generation: 'v3', credential, payload }))
await post('v1', signDelivery({ generation: 'v1', credential, payload: sample('enhanced_kyc', 'approved', { generation: 'v1', jobId: 'job-2' }) }))
await post('forged', signDelivery({ generation: 'v3', credential: { ...credential, apiKey: 'forged' }, payload }))
await post('from elsewhere', signDelivery({ generation: 'v3', credential, payload }), '203.0.113.9')

await callbacks.close()
server.closeAllConnections()
server.close()
