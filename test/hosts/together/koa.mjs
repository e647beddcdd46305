import Koa from 'koa'
import connect from 'koa-connect'
import mount from 'koa-mount'
import { callbacks, listening } from './callbacks.mjs'

const app = new Koa()
app.use(mount('/smile-id', connect(callbacks.router)))
const server = app.listen(0, '127.0.0.1', () => listening(server.address().port))
