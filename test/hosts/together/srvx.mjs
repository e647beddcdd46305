import { serve } from 'srvx'
import { callbacks, listening } from './callbacks.mjs'

const server = serve({
  fetch: (request) => callbacks.fetch(request, { clientIp: request.ip }),
  port: 0,
  hostname: '127.0.0.1',
  silent: true,
})
await server.ready()
listening(new URL(server.url).port)
