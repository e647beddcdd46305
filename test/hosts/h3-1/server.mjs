import { createServer } from 'node:http'
import { createApp, defineEventHandler, getRequestIP, toNodeListener, toWebRequest } from 'h3'
import { callbacks, listening } from './callbacks.mjs'

const app = createApp()
app.use('/smile-id', defineEventHandler((event) => callbacks.fetch(toWebRequest(event), { clientIp: getRequestIP(event) })))
const server = createServer(toNodeListener(app)).listen(0, '127.0.0.1', () => listening(server.address().port))
