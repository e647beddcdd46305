// A receiver in a Fastify app. The body stays a stream, so that the receiver reads it under its own limit.
import Fastify from 'fastify'
import { smileIdCallbacks } from 'express-smile-id'
import { credential } from '../shared/settings.js'
import { onShutdown } from '../shared/shutdown.js'

// The loopback address, so that the demo can post to it. In production leave allowedIps out.
const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1'], logger: false })
callbacks.on('approved', ({ partnerParams }) => console.log(`  approved: account ${partnerParams.account_id}`))

export const app = Fastify()
await app.register(async (scope) => {
  // For the routes of this scope alone; the rest of the app keeps its parsers.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/smile-id', (request, reply) => {
    reply.hijack()
    callbacks.node(request.raw, reply.raw)
  })
})
app.addHook('onClose', async () => callbacks.close())
onShutdown(() => app.close())
