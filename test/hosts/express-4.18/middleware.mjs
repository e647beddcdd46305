import express from 'express'
import compression from 'compression'
import cookieParser from 'cookie-parser'
import cors from 'cors'
import { rateLimit } from 'express-rate-limit'
import session from 'express-session'
import helmet from 'helmet'
import morgan from 'morgan'
import multer from 'multer'
import { callbacks, listening } from './callbacks.mjs'

const app = express()
app.use(helmet(), cors(), compression(), morgan('tiny', { stream: { write: () => undefined } }), cookieParser(), session({ secret: 'a-secret-of-the-hosts', resave: false, saveUninitialized: true }))
app.use(rateLimit({ limit: 1_000, validate: false }), multer().none())
app.use('/smile-id', callbacks.router)
const server = app.listen(0, '127.0.0.1', () => listening(server.address().port))
