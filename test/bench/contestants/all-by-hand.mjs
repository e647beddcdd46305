// The floor: what this library promises for a v1 callback, in one function that does nothing else. What a library costs above
// this is its own doing.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import express from 'express'
import getRawBody from 'raw-body'
import { credential } from './bodies.mjs'
import { envelope } from './checks.mjs'
import { idsOf, isBounded, memory, parse } from './promises.mjs'
import { addresses, limit, work } from './shared.mjs'
import { smileId, smileIdSeries } from './smile-id-sender.mjs'

const key = createSecretKey(credential.apiKey, 'utf8')
const allowed = new Set(addresses)
const hour = 3_600_000
const fixed = '{"received":true}'
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': String(fixed.length) }

function app() {
  const seen = memory()
  let underWay = 0
  const handle = async (req, res, bytes) => {
    if (!isBounded(bytes)) return res.writeHead(413).end()
    const body = parse(bytes)
    const { signature, timestamp } = body
    if (!isSigned(timestamp, signature) || Math.abs(Date.now() - Date.parse(timestamp)) > hour) return res.writeHead(401).end()
    if (!envelope.safeParse(body).success) return res.writeHead(422).end()
    seen.note(body)
    const ids = idsOf(body, undefined, req.params)
    const isReused = seen.isReused(signature, ids.id)
    const event = { ...ids, jobId: body.PartnerParams.job_id, partnerParams: body.PartnerParams, payload: body, isReused, receivedAt: new Date(), signedAt: new Date(timestamp) }
    const status = await seen.once(ids, () => work(event), () => res.writeHead(503).end())
    if (status === 200) res.writeHead(200, headers).end(fixed)
    else res.writeHead(status).end()
  }
  const router = express.Router()
  router.post('/', (req, res) => {
    if (!allowed.has(req.ip)) return res.writeHead(403).end()
    const timer = setTimeout(() => res.writeHead(408).end(), 15_000)
    let own = 0
    // Until a sender is known its bytes count against those of all.
    req.on('data', (chunk) => {
      own += chunk.length
      underWay += chunk.length
      if (underWay > 20 * limit && underWay > own) req.destroy()
    })
    getRawBody(req, { limit, length: req.headers['content-length'] }, (error, bytes) => {
      clearTimeout(timer)
      underWay -= own
      if (error) return res.writeHead(400).end()
      handle(req, res, bytes).catch(() => res.writeHead(400).end())
    })
  })
  return express().use('/hook', router)
}

function isSigned(timestamp, signature) {
  const expected = Buffer.from(createHmac('sha256', key).update(timestamp + credential.partnerId + 'sid_request', 'utf8').digest('base64'))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

export const allByHand = { name: 'all of it by hand', sign: smileId, series: smileIdSeries, forms: { app } }
