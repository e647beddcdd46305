import { callbacks } from './callbacks.mjs'

export default {
  fetch: (request) => callbacks.fetch(request, { clientIp: request.headers.get('cf-connecting-ip') ?? undefined }),
}
