import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const own = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

// Of Debian's package prometheus.
const hasPromtool = spawnSync('promtool', ['--version']).status === 0
if (!hasPromtool) {
  if (process.env['CI'] === 'true')
    throw new Error('There is no promtool; in CI the alert rules have to be tested: apt-get install prometheus.')
  process.stderr.write('\nNOTICE: no promtool on this machine: the test of the alert rules is SKIPPED.\n')
}

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
  expect(asked.size).toBe(4)
  for (const name of asked) expect(server).toContain(`'${name}'`)
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
  expect(alerts).toHaveLength(5)
  for (const name of alerts) expect(trials.split(`alertname: ${name}`).length).toBeGreaterThan(2)
})
