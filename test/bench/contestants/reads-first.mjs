// Refuses like a common receiver: after express.raw has read all of the body.
import { timingSafeEqual } from 'node:crypto'
import { rawApp, work } from './shared.mjs'
import { hmac, smileId, smileIdSeries } from './smile-id-sender.mjs'

function isSigned({ signature, timestamp }) {
  const expected = Buffer.from(hmac(String(timestamp)))
  const given = Buffer.from(String(signature))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const app = (allowed) => rawApp(async (req) => {
  if (!allowed.has(req.socket.remoteAddress)) return 403
  const signature = req.headers['response-signature']
  const claim = signature ? { signature, timestamp: req.headers['response-timestamp'] } : JSON.parse(req.body.toString('utf8'))
  if (!isSigned(claim)) return 401
  await work()
  return 200
})

export const readsFirst = {
  name: 'refuses after reading',
  sign: smileId,
  series: smileIdSeries,
  forms: { app: () => app(new Set(['127.0.0.1'])), 'wrong address': () => app(new Set(['192.0.2.1'])) },
}
