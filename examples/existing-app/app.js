// An app as many are: helmet, compression, rate limit and express.json() for everything. The router drops in with one line.
import compression from 'compression'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { smileIdCallbacks } from 'express-smile-id'
import helmet from 'helmet'
import { credential } from '../shared/settings.js'

const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
callbacks.on('approved', ({ jobId }) => console.log(`  approved: ${jobId}`))

export const app = express()
app.disable('x-powered-by')
app.use(helmet(), compression())

// The one line. Above the rate limit, or a burst of results would be turned away and lost after three retries;
// above express.json(), or its limit of 100 kB would refuse callbacks with photos.
app.use('/smile-id', callbacks.router)

app.use(rateLimit({ windowMs: 60_000, limit: 3, standardHeaders: 'draft-8', legacyHeaders: false }))
app.use(express.json())
app.post('/orders', (req, res) => res.status(201).json({ ordered: req.body.item }))

// It works below the parser as well, as long as the parser takes bodies of 1.5 MB.
export const below = express()
  .use(express.json({ limit: '1.5mb' }))
  .use('/smile-id', callbacks.router)
