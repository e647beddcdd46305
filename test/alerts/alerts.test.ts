import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
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
  const [rules, server, trials] = [
    'examples/metrics/alerts.yml',
    'examples/metrics/server.js',
    'test/alerts/alerts.test.yml',
  ].map((path) => readFileSync(own(path), 'utf8')) as [string, string, string]
  const asked = new Set([...rules.matchAll(/smile_id_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')))
  expect(asked.size).toBe(5)
  for (const name of asked) expect(server).toContain(`'${name}'`)
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  expect(alerts).toHaveLength(6)
  for (const name of alerts) expect(trials.split(`alertname: ${name}`).length).toBeGreaterThan(2)
})
