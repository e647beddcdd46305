// A lean receiver by hand: one end() with a fixed body, rules parsed once, one promise. No once-only, no events.
import { timingSafeEqual } from 'node:crypto'
import express from 'express'
import getRawBody from 'raw-body'
import { envelope, isAllowed, v3Envelope } from './checks.mjs'
import { limit, work } from './shared.mjs'
import { hmac, smileId, smileIdSeries } from './smile-id-sender.mjs'

const maxAge = 60 * 60_000
const maxSkew = 5 * 60_000

const fixed = Buffer.from('{"received":true}')
const headers = { 'Content-Type': 'application/json', 'Content-Length': fixed.length }

function app() {
  const app = express()
  app.post('/hook', (req, res) => {
    if (!isAllowed(req)) return res.writeHead(403).end()
    const signature = req.headers['response-signature']
    getRawBody(req, { limit, length: req.headers['content-length'] })
      .then(async (bytes) => {
        const body = JSON.parse(bytes.toString('utf8'))
        const claim = signature ? { signature, timestamp: req.headers['response-timestamp'] } : body
        if (!isSigned(claim) || !isFresh(claim.timestamp)) return res.writeHead(401).end()
        const schema = signature ? v3Envelope : envelope
        if (!schema.safeParse(body).success) return res.writeHead(422).end()
        await work()
        res.writeHead(200, headers).end(fixed)
      })
      .catch(() => res.writeHead(400).end())
  })
  return app
}

function isSigned({ signature, timestamp }) {
  const expected = Buffer.from(hmac(String(timestamp)))
  const given = Buffer.from(String(signature))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function isFresh(timestamp) {
  const age = Date.now() - Date.parse(timestamp)
  return age <= maxAge && age >= -maxSkew
}

export const lean = { name: 'lean by hand', sign: smileId, series: smileIdSeries, forms: { app } }
