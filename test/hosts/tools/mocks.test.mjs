import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

// Test suites that forbid all network: deliver(app) works with the one line that src/testing/README.md gives for each.
const page = readFileSync(new URL('../../../src/testing/README.md', import.meta.url), 'utf8')
const loads = {
  esm: (names, from) => `import ${names} from '${from}'`,
  cjs: (names, from) => `const ${names} = require('${from}')`,
}
const own = {
  esm: new URL('../../../dist/', import.meta.url).href,
  cjs: fileURLToPath(new URL('../../../dist/', import.meta.url)),
}
const mocks = {
  nock: {
    load: { esm: `import nock from 'nock'`, cjs: `const nock = require('nock')` },
    forbid: `nock.disableNetConnect(); nock('https://api.example.com').get('/').reply(204)`,
    allow: /`(nock\.enableNetConnect[^`]+)`/.exec(page)[1],
  },
  msw: {
    load: {
      esm: `import { http, HttpResponse, passthrough } from 'msw'\nimport { setupServer } from 'msw/node'`,
      cjs: `const { http, HttpResponse, passthrough } = require('msw'), { setupServer } = require('msw/node')`,
    },
    forbid: `const msw = setupServer(http.get('https://api.example.com/', () => new HttpResponse(null, { status: 204 }))); msw.listen({ onUnhandledRequest: 'error' })`,
    allow: `msw.use(${/`(http\.all[^`]+)`/.exec(page)[1]})`,
  },
}
const program = (format, { load, forbid, allow }) => `
${load[format]}
${format === 'esm' ? `import express from 'express'` : `const express = require('express')`}
${loads[format]('{ smileIdCallbacks }', own[format] + (format === 'esm' ? 'index.js' : 'index.cjs'))}
${loads[format]('{ deliver, sample, signDelivery }', own[format] + (format === 'esm' ? 'testing.js' : 'testing.cjs'))}
const main = async () => {
  ${forbid}
  ${allow}
  const credential = { partnerId: '085', apiKey: 'key-of-a-test' }
  const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
  const accounts = []
  callbacks.on('approved', async ({ partnerParams }) => {
    accounts.push(partnerParams.account_id, (await fetch('https://api.example.com/')).status)
  })
  const payload = sample('document_verification', 'approved', { partnerParams: { account_id: 'acc-1' } })
  const app = express().use('/smile-id', callbacks.router)
  const { status, report } = await deliver(app, signDelivery({ credential, payload }))
  const elsewhere = await fetch('https://elsewhere.example.com/').then(({ status }) => status, () => 'refused')
  console.log(JSON.stringify({ status, code: report.code, accounts, elsewhere }))
}
main()
`
const run = async (format, mock) => {
  const args = ['--input-type', format === 'esm' ? 'module' : 'commonjs', '--eval', program(format, mock)]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  })
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

describe.each(Object.entries(mocks))('deliver(app) where %s forbids all network', (_name, mock) => {
  it.each(['esm', 'cjs'])('as %s', async (format) => {
    expect(await run(format, mock)).toEqual({
      status: 200,
      code: 'accepted',
      accounts: ['acc-1', 204],
      elsewhere: 'refused',
    })
  })
})
