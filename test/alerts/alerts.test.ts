import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { smileIdCallbacks, type SmileIdCallbacksOptions } from '../../src/index.ts'
import { sample, signDelivery } from '../../src/testing/index.ts'
import { senderIp } from '../support/deliveries.ts'
import { missing } from '../support/missing.mjs'

const own = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

// Of Debian's package prometheus.
const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool) missing('promtool')

test.skipIf(!hasPromtool)('each alert fires, and all are quiet while all is well', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', own('test/alerts/alerts.test.yml')], {
    encoding: 'utf8',
  })
  expect(stdout + stderr).toContain('SUCCESS')
  expect(status).toBe(0)
})

test('the rules ask for what the example serves, and each is tried', () => {
  const [rules, panels, server, figures, trials] = [
    'examples/metrics/alerts.yml',
    'examples/metrics/grafana-dashboard.json',
    'examples/metrics/server.js',
    'examples/metrics/figures.js',
    'test/alerts/alerts.test.yml',
  ].map((path) => readFileSync(own(path), 'utf8')) as [string, string, string, string, string]
  const asked = new Set([...(rules + panels).matchAll(/smile_id_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')))
  expect(asked.size).toBe(12)
  for (const name of asked) expect(server + figures).toContain(`'${name}'`)
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  expect(alerts).toHaveLength(10)
  for (const name of alerts) expect(trials.split(`alertname: ${name}`).length).toBeGreaterThan(2)
})

type Figures = (
  register: Registry,
  role: string,
  health: () => Promise<object>,
) => Pick<SmileIdCallbacksOptions, 'onDelivery' | 'onDispatch'>
const { figures } = (await import(pathToFileURL(own('examples/metrics/figures.js')).href)) as { figures: Figures }

describe('whom a refusal counts as', () => {
  const credentials = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
  const genuine = { ...signDelivery({ credential: credentials, payload: sample('biometric_kyc', 'approved') }) }
  const post = async (options: object, delivery: object) => {
    const register = new Registry()
    const record = figures(register, 'receiver', () => Promise.resolve({ ok: true, underWay: 0 }))
    const callbacks = smileIdCallbacks({ credentials, logger: false, ...options, ...record })
    callbacks.onAny(() => undefined)
    await callbacks.receive({ method: 'POST', clientIp: senderIp, ...delivery } as never)
    const { values } = await register.getSingleMetric('smile_id_callbacks_total')!.get()
    return values.map(({ labels }) => `${labels['code']} ${labels['genuine']}`)
  }
  const scanner = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    clientIp: '203.0.113.9',
  }
  test.each<[string, object, object]>([
    ['accepted yes', {}, genuine],
    ['signature_mismatch yes', { credentials: { partnerId: '085', apiKey: 'rotated-key' } }, genuine],
    ['timestamp_expired yes', { now: () => Date.now() + 7_200_000 }, genuine],
    ['ip_not_allowed yes', {}, { ...genuine, clientIp: '10.0.0.7' }],
    ['ip_not_allowed no', {}, scanner],
    ['signature_missing no', { allowedIps: false }, scanner],
    ['malformed_json no', { allowedIps: false }, { ...scanner, body: '<?php' }],
    ['unsupported_media_type no', { allowedIps: false }, { ...scanner, headers: { 'content-type': 'text/xml' } }],
    ['method_not_allowed no', {}, { ...scanner, method: 'GET' }],
  ])('%s', async (said, options, delivery) => {
    expect(await post(options, delivery)).toEqual([said])
  })
})
