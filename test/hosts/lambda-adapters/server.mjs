import { createServer } from 'node:http'
import vendia from '@vendia/serverless-express'
import codegenie from '@codegenie/serverless-express'
import express from 'express'
import serverlessHttp from 'serverless-http'
import { callbacks, listening, make } from './callbacks.mjs'
import { eventOf } from './events.mjs'

// Behind a load balancer a function has no connection: the balancer puts the sender at the end of this header.
const behindBalancer = make({ clientIp: (req) => req.headers['x-forwarded-for']?.split(',').at(-1) })
const appWith = (receiver) => express().use('/smile-id', receiver.router)

const adapters = {
  vendia: (app) => vendia({ app }),
  codegenie: (app) => codegenie({ app }),
  'serverless-http': (app) => serverlessHttp(app),
}
const make1 = adapters[process.env.ADAPTER]
const handlers = { rest: make1(appWith(callbacks)), http: make1(appWith(callbacks)), alb: make1(appWith(behindBalancer)) }

// Stands in for AWS: /<kind of event>/… is handed to the function as such an event.
const server = createServer(async (req, res) => {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const [, kind = '', ...rest] = req.url.split('/')
  const event = eventOf(kind, { method: req.method, url: `/${rest.join('/')}`, headers: req.headers, body: Buffer.concat(chunks), ip: '127.0.0.1' })
  const answer = await handlers[kind.split('-')[0]](event, { callbackWaitsForEmptyEventLoop: false, getRemainingTimeInMillis: () => 10_000 })
  res.writeHead(answer.statusCode, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body ?? '') })
  res.end(answer.body)
})
server.listen(0, '127.0.0.1', () => listening(server.address().port))
