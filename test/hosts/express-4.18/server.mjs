import express from 'express'
import { callbacks, listening } from './callbacks.mjs'

const app = express()
app.use('/smile-id', callbacks.router)
const server = app.listen(0, '127.0.0.1', () => listening(server.address().port))
