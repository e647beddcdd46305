// A receiver in a Hono app on Node. On Deno, Bun and Workers it is the same route with another clientIp: see src/doors/README.md.
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { smileIdCallbacks } from 'express-smile-id'
import { Hono } from 'hono'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'

// The loopback address, so that the demo can post to it. In production leave allowedIps out.
const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1'], logger: false })
callbacks.on('approved', ({ partnerParams }) => console.log(`  approved: account ${partnerParams.account_id}`))

const app = new Hono()
app.all('/smile-id', (c) => callbacks.fetch(c.req.raw, { clientIp: getConnInfo(c).remote.address }))

export const listen = (port: number, hostname: string) => {
  const server = serve({ fetch: app.fetch, port, hostname })
  onShutdown(async () => {
    await callbacks.close({ timeout: 25_000 })
    server.close()
  })
  return server
}
