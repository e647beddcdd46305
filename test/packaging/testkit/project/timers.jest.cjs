const { createServer, request } = require('node:http')
const express = require('express')
const { smileIdCallbacks } = require('express-smile-id')
const { deliver, sample, signDelivery } = require('express-smile-id/testing')

// Under jest's fake timers, and in jsdom, which has no setImmediate, TextDecoder or Response.

const signing = { partnerId: '085', apiKey: 'a-key-of-this-test' }
const timestamp = '2026-10-14T09:00:00Z'
const signed = (photo) => signDelivery({ generation: 'v3', credential: signing, jobId: 'job-1', timestamp, payload: { ...sample('document_verification', 'approved'), photo } })

function receiver(allowedIps = ['127.0.0.1', '34.240.137.52']) {
  const credentials = { ...signing, apiKey: process.env.WRONG_KEY ?? signing.apiKey }
  const callbacks = smileIdCallbacks({ credentials, allowedIps, logger: false, now: () => Date.parse(timestamp) })
  callbacks.onAny(() => undefined)
  return callbacks
}

const post = (url, { headers, body }) =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent: false, headers: { ...headers, 'Content-Length': body.length } }, (answer) => resolve(answer.resume().statusCode))
    outgoing.on('error', reject).end(body)
  })

// While nextTick stands still, Node's own http answers nobody.
const fakes = {
  none: () => undefined,
  modern: () => jest.useFakeTimers({ doNotFake: ['nextTick'] }),
  legacy: () => {
    const { nextTick } = process
    jest.useFakeTimers({ legacyFakeTimers: true })
    process.nextTick = nextTick
  },
}

describe.each(Object.keys(fakes))('fake timers: %s', (name) => {
  afterEach(() => jest.useRealTimers())

  test.each([
    ['an accepted delivery', signed(''), undefined, 200],
    ['an early refusal', signed(''), ['192.0.2.1'], 403],
    ['an early refusal of a large body', signed('x'.repeat(400_000)), ['192.0.2.1'], 403],
  ])('%s is answered', async (_, delivery, allowedIps, status) => {
    const server = createServer(express().use('/smile-id', receiver(allowedIps).router))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    fakes[name]()
    try {
      expect(await post(`http://127.0.0.1:${server.address().port}/smile-id`, delivery)).toBe(status)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('receive and the test kit', async () => {
    fakes[name]()
    expect((await receiver().receive({ method: 'POST', ...signed(''), clientIp: '127.0.0.1' })).status).toBe(200)
    expect((await deliver(receiver(), signed(''))).status).toBe(200)
  })
})
