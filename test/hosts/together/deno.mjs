import { callbacks, listening } from './callbacks.mjs'

const answer = (request, info) => {
  if (new URL(request.url).pathname !== '/smile-id') return new Response(null, { status: 404 })
  return callbacks.fetch(request, { clientIp: info.remoteAddr.hostname })
}
Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => listening(port) }, answer)
