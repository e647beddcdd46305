import { createServer } from 'node:http'
import { callbacks, listening } from './callbacks.mjs'

const server = createServer((req, res) => {
  if (new URL(req.url, 'http://localhost').pathname === '/smile-id') return callbacks.node(req, res)
  res.writeHead(404).end()
})
server.listen(0, '127.0.0.1', () => listening(server.address().port))
