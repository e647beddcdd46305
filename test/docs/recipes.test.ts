import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocks, own } from './readme.ts'

// Recipes that no example runs: taken out of README, given what the page takes for granted, and delivered to.

const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-recipes-'))

const prelude = `
import * as testing from 'express-smile-id/testing'
import { smileIdCallbacks as make, memoryStore } from 'express-smile-id'
const credentials = { partnerId: '085', apiKey: 'key-of-a-test' }
const said = []
const tell = (what) => async (...of) => { said.push([what, ...of].join(' ')) }
const [save, activate, reject, askStaff] = ['save', 'activate', 'reject', 'askStaff'].map(tell)
const signed = (outcome, change, credential = credentials) => testing.signDelivery({ generation: 'v3', credential, payload: testing.sample('document_verification', outcome, { partnerParams: { account_id: 'acc-1' }, ...change }) })
`

/** Runs a block between what comes before and after it; returns what that prints as JSON. */
function run(includes: string, { before = '', after = '', change = (code: string) => code }): unknown {
  const [block, ...others] = blocks.filter(
    ({ code, file, language }) =>
      code.includes(includes) && /doors|options|QUESTIONS/.test(file) && /^(js|ts)$/.test(language),
  )
  if (!block || others.length > 0)
    throw new Error(`The pages have ${others.length + (block ? 1 : 0)} recipes with "${includes}"`)
  const { outputText } = ts.transpileModule(change(block.code), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  writeFileSync(join(folder, 'recipe.mjs'), `${prelude}${before}${outputText}${after}`)
  const { stdout, stderr, status } = spawnSync(process.execPath, ['recipe.mjs'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
  symlinkSync(own('node_modules/express'), join(folder, 'node_modules/express'), 'junction')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('recipes do what they say', { timeout: 30_000 }, () => {
  test('serverless', () => {
    const printed = run('express-smile-id/lambda', {
      change: (code) => code.replace('redisStore(redis)', 'memoryStore()'),
      after: `
        const event = ({ headers, body }, { sourceIp = '34.240.137.52', method = 'POST', base64 = false } = {}) => ({
          rawPath: '/smile-id', rawQueryString: '', isBase64Encoded: base64, requestContext: { http: { method, sourceIp } },
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
          body: base64 ? Buffer.from(body).toString('base64') : body,
        })
        const delivery = signed('approved')
        const answers = []
        for (const one of [event(delivery), event(delivery, { base64: true }), event(delivery, { sourceIp: '203.0.113.9' }), event(delivery, { method: 'GET' })]) { const { statusCode, body } = await handler(one); const { error, ...said } = JSON.parse(body); answers.push({ statusCode, code: error?.code, ...said }) }
        console.log(JSON.stringify({ answers, said }))`,
    })
    expect(printed).toEqual({
      answers: [
        { statusCode: 200, received: true },
        { statusCode: 200, received: true },
        { statusCode: 403, code: 'ip_not_allowed' },
        { statusCode: 405, code: 'method_not_allowed' },
      ],
      said: ['save acc-1'],
    })
  })

  test('a route of Next', () => {
    const printed = run('app/api/smile-id/route.ts', {
      before: `const callbacks = make({ credentials, logger: false })\ncallbacks.on('approved', (event) => save(event.partnerParams.account_id))\n`,
      after: `
        const post = async ({ headers, body }, from) => (await POST(new Request('http://localhost/api/smile-id', { method: 'POST', headers: { ...headers, 'x-real-ip': from }, body }))).status
        console.log(JSON.stringify({ statuses: [await post(signed('approved'), '34.240.137.52'), await post(signed('approved'), '203.0.113.9')], said }))`,
    })
    expect(printed).toEqual({ statuses: [200, 403], said: ['save acc-1'] })
  })

  test('several tenants', () => {
    const printed = run("'/:tenant/smile-id'", {
      before: `
        const tenants = { acme: { ...credentials, environment: 'sandbox' }, zuri: { partnerId: '2423', apiKey: 'another-key' } }
        const findCredentials = async (tenant) => tenants[tenant]\n`,
      change: (code) =>
        code
          .replace('express()', 'const app = express()')
          .replace('.listen(3000)', '')
          .replace('params.tenant),', 'params.tenant), logger: false,'),
      after: `
        const post = async (tenant, credential) => (await testing.deliver(app, signed('approved', { jobId: tenant }, credential), { path: '/' + tenant + '/smile-id' })).report.code
        console.log(JSON.stringify({ codes: [await post('acme', tenants.acme), await post('zuri', tenants.zuri), await post('zuri', tenants.acme), await post('nobody', tenants.acme)], said }))`,
    })
    expect(printed).toEqual({
      codes: ['accepted', 'accepted', 'signature_mismatch', 'signature_mismatch'],
      said: ['save zuri zuri'],
    })
  })

  test('after moving over', () => {
    const printed = run("callbacks.on(['provisional', 'attention', 'error', 'unknown']", {
      change: (code) => code.replace('app.listen(3000)', ''),
      after: `
        const statuses = []
        for (const outcome of ['approved', 'rejected', 'provisional', 'attention', 'error', 'unknown']) statuses.push((await testing.deliver(app, signed(outcome, { jobId: outcome }))).status)
        const large = testing.signDelivery({ generation: 'v1', credential: credentials, payload: testing.sample('biometric_kyc', 'approved', { generation: 'v1', partnerParams: { account_id: 'acc-2' }, Photo: 'A'.repeat(1_400_000) }) })
        statuses.push((await testing.deliver(app, large)).status)
        console.log(JSON.stringify({ statuses, said }))`,
    })
    expect(printed).toEqual({
      statuses: [200, 200, 200, 200, 200, 200, 200],
      said: [
        'activate acc-1',
        'reject acc-1',
        'askStaff provisional',
        'askStaff attention',
        'askStaff error',
        'askStaff unknown',
        'activate acc-2',
      ],
    })
  })
})
