import { createServer } from 'node:http'
import vendia from '@vendia/serverless-express'
import codegenie from '@codegenie/serverless-express'
import express from 'express'
import { lambdaHandler } from 'express-smile-id/lambda'
import serverlessHttp from 'serverless-http'
import { callbacks, listening, make } from './callbacks.mjs'
import { eventOf } from './events.mjs'

// Behind a load balancer a function has no connection: the balancer puts the sender at the end of this header.
const lastForwarded = ({ headers }) => headers['x-forwarded-for']?.split(',').at(-1)
const behindBalancer = make({ clientIp: lastForwarded })
const appWith = (receiver) => express().use('/smile-id', receiver.router)

const adapters = {
  vendia: (app) => vendia({ app }),
  codegenie: (app) => codegenie({ app }),
  'serverless-http': (app) => serverlessHttp(app),
}
const adapt = adapters[process.env.ADAPTER]
const handlers = adapt
  ? { rest: adapt(appWith(callbacks)), http: adapt(appWith(callbacks)), alb: adapt(appWith(behindBalancer)) }
  : {
      rest: lambdaHandler(callbacks),
      http: lambdaHandler(callbacks),
      alb: lambdaHandler(callbacks, { clientIp: lastForwarded }),
    }

// Stands in for AWS: /<kind of event>/… is handed to the function as such an event.
const server = createServer(async (req, res) => {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  const [, kind = '', ...rest] = req.url.split('/')
  const event = eventOf(kind, {
    method: req.method,
    url: `/${rest.join('/')}`,
    headers: req.headers,
    body: Buffer.concat(chunks),
    ip: '127.0.0.1',
  })
  const answer = await handlers[kind.split('-')[0]](event, {
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => 10_000,
  })
  // The gateway counts for itself.
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-length')
  res.writeHead(answer.statusCode, {
    ...Object.fromEntries(headers),
    'content-length': Buffer.byteLength(answer.body ?? ''),
  })
  res.end(answer.body)
})
server.listen(0, '127.0.0.1', () => listening(server.address().port))
