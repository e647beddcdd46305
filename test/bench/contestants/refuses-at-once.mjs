// The floor of an early refusal: an answer, and the connection's end, before anything of the body is asked for.
// It may be lost: what was not read resets the connection, and the sender need not have seen the answer by then.
import express from 'express'
import { smileId, smileIdSeries } from './smile-id-sender.mjs'

const body = '{"received":false}'
const app = (status) => {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length), Connection: 'close' }
  return express().post('/hook', (_req, res) => res.writeHead(status, headers).end(body))
}

export const refusesAtOnce = {
  name: 'refuses at once',
  sign: smileId,
  series: smileIdSeries,
  forms: { app: () => app(401), 'wrong address': () => app(403) },
}
