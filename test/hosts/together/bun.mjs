import { callbacks, listening } from './callbacks.mjs'

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, running) {
    if (new URL(request.url).pathname !== '/smile-id') return new Response(null, { status: 404 })
    return callbacks.fetch(request, { clientIp: running.requestIP(request)?.address })
  },
})
listening(server.port)
