import Fastify from 'fastify'
import { callbacks, listening } from './callbacks.mjs'

const app = Fastify({ bodyLimit: 1_572_864 })
await app.register(async (scope) => {
  // The body stays a stream: the receiver reads it, under its own limit.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
  scope.all('/smile-id', (request, reply) => {
    reply.hijack()
    callbacks.router(request.raw, reply.raw)
  })
})
await app.listen({ port: 0, host: '127.0.0.1' })
listening(app.server.address().port)
