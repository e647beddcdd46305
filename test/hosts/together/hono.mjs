import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { Hono } from 'hono'
import { callbacks, listening } from './callbacks.mjs'

const app = new Hono()
app.all('/smile-id', (c) => callbacks.fetch(c.req.raw, { clientIp: getConnInfo(c).remote.address }))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port))
