// The floor: what this library promises for a v1 callback, in one function that does nothing else. No option, no hook,
// no report, no error path; the digest is over the bytes as sent. What a library costs above this is its own doing.
import { createHmac, createSecretKey, hash, randomUUID, timingSafeEqual } from 'node:crypto'
import { isAscii } from 'node:buffer'
import express from 'express'
import getRawBody from 'raw-body'
import { credential } from './bodies.mjs'
import { envelope } from './checks.mjs'
import { addresses, limit, work } from './shared.mjs'
import { smileId, smileIdSeries } from './smile-id-sender.mjs'

const { partnerId } = credential
const key = createSecretKey(credential.apiKey, 'utf8')
const allowed = new Set(addresses)
const hour = 3_600_000
const week = 168 * hour
const most = 10_000
const fixed = '{"received":true}'
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': String(fixed.length) }

function app() {
  const signatures = new Map()
  const claims = new Map()
  const handle = async (req, res, bytes) => {
    const body = JSON.parse(bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'))
    const { signature, timestamp, PartnerParams: params, Actions: actions } = body
    if (!isSigned(timestamp, signature) || Math.abs(Date.now() - Date.parse(timestamp)) > hour) return res.writeHead(401).end()
    if (!envelope.safeParse(body).success) return res.writeHead(422).end()
    const known = signatures.get(signature)
    const digest = hash('sha256', bytes, 'hex')
    const isReused = known !== undefined && known !== digest
    remember(signatures, signature, digest)
    const id = idOf(body, params, actions)
    if (claims.has(id)) return res.writeHead(200, headers).end(fixed)
    const claim = { owner: randomUUID(), until: performance.now() + 45_000 }
    remember(claims, id, claim)
    const timer = setTimeout(() => res.writeHead(503).end(), 30_000)
    await work({ id, jobId: params.job_id, payload: body, isReused, receivedAt: new Date() })
    clearTimeout(timer)
    claim.owner = undefined
    claim.until = performance.now() + week
    res.writeHead(200, headers).end(fixed)
  }
  const router = express.Router()
  router.post('/', (req, res) => {
    if (!allowed.has(req.ip)) return res.writeHead(403).end()
    const timer = setTimeout(() => res.writeHead(408).end(), 15_000)
    getRawBody(req, { limit, length: req.headers['content-length'] }, (error, bytes) => {
      clearTimeout(timer)
      if (error) return res.writeHead(400).end()
      handle(req, res, bytes).catch(() => res.writeHead(400).end())
    })
  })
  return express().use('/hook', router)
}

function isSigned(timestamp, signature) {
  const expected = Buffer.from(createHmac('sha256', key).update(timestamp + partnerId + 'sid_request', 'utf8').digest('base64'))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function idOf(body, params, actions) {
  const done = Object.keys(actions).sort().flatMap((name) => [name, actions[name]])
  const facts = [partnerId, 'result', params.job_type, params.job_id, body.SmileJobID, params.user_id, body.ResultCode, body.ResultText, body.ConfidenceValue, done]
  return hash('sha256', JSON.stringify(facts), 'hex').slice(0, 32)
}

/** As many as the library remembers, let go of in whole: cheaper than one by one. */
function remember(map, name, value) {
  if (map.size === most) map.clear()
  map.set(name, value)
}

export const allByHand = { name: 'all of it by hand', sign: smileId, series: smileIdSeries, forms: { app } }
