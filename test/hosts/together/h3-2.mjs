import { H3, serve } from 'h3'
import { callbacks, listening } from './callbacks.mjs'

const app = new H3()
app.all('/smile-id', (event) => callbacks.fetch(event.req, { clientIp: event.req.ip }))
const server = serve(app, { port: 0, hostname: '127.0.0.1', silent: true })
await server.ready()
listening(new URL(server.url).port)
