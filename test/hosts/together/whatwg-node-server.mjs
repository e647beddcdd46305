import { createServer } from 'node:http'
import * as fetchAPI from '@whatwg-node/fetch'
import { createServerAdapter } from '@whatwg-node/server'
import { callbacks, listening } from './callbacks.mjs'

// Its own Request and ReadableStream, not Node's.
const adapter = createServerAdapter(
  (request, { req }) => callbacks.fetch(request, { clientIp: req.socket.remoteAddress }),
  { fetchAPI },
)
const server = createServer(adapter).listen(0, '127.0.0.1', () => listening(server.address().port))
