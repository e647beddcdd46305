import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { postgresAnswers, redisAnswers } from '../support/services.ts'
import { cli, runDemo, runScript, startScript } from './run.ts'

const withDemo = [
  'basic',
  'typed-partner-params',
  'multi-tenant',
  'behind-proxy',
  'existing-app',
  'nestjs',
  'nextjs-route',
  'hono',
  'fastify',
  'lambda',
  'wait-for-result',
  'reconcile',
]
const withPostgres = ['durable-pg-boss', 'postgres-account']
/** Against servers of their own: npm run test:tools, and services/redis-topologies. */
const withQueues = ['nats', 'rabbitmq', 'redis-ha']
const withRedis = ['dead-letters', 'durable-bullmq', 'waiting-across-processes']

const root = new URL('../../examples/', import.meta.url)
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .map(({ name }) => name)
const programs = (name: string) =>
  readdirSync(new URL(`${name}/`, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[jt]s$/.test(file))
    .map((file) => ({ path: `${name}/${file}`, code: readFileSync(new URL(`${name}/${file}`, root), 'utf8') }))

const [redis, postgres] = await Promise.all([redisAnswers(), postgresAnswers()])

/** Ports, times, and which of two processes is faster, differ from run to run. */
const steady = (output: string) =>
  output
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/ ms=\d+/g, ' ms=<ms>')
    .replace(/handled by receiver \d$/m, 'handled by receiver <n>')

const isAsExpected = async (name: string) => {
  const output = await runDemo(name)
  await expect(steady(output)).toMatchFileSnapshot(`../../examples/${name}/expected.txt`)
}

describe('each example says what it should', { timeout: 60_000 }, () => {
  test.each(withDemo)('%s', (name) => isAsExpected(name))
  test.skipIf(!redis).each(withRedis)('%s', (name) => isAsExpected(name))
  test.skipIf(!postgres).each(withPostgres)('%s', (name) => isAsExpected(name))

  test('none is left out', () => {
    const withExpectation = folders.filter((name) => readdirSync(new URL(`${name}/`, root)).includes('demo.js'))
    expect(withExpectation.sort()).toEqual([...withDemo, ...withRedis, ...withPostgres, ...withQueues].sort())
  })

  test('each says what it shows and what it installs, has no key left over, and is on the map', () => {
    const map = readFileSync(new URL('README.md', root), 'utf8')
    const own = JSON.parse(readFileSync(new URL('../package.json', root), 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >
    const known = { ...own.dependencies, ...own.devDependencies }
    const common = [...map.matchAll(/^npm install (.*)$/gm)]
      .flatMap(([, packages = '']) => packages.split(' '))
      .filter((one) => !one.startsWith('--'))
    expect(common).toContain('express-smile-id')
    for (const name of folders) {
      const code = programs(name)
        .map((program) => program.code)
        .join('\n')
      const row = map.split('\n').find((line) => line.startsWith(`| [\`${name}\`](${name}) |`)) ?? ''
      const packages = [...(row.split(' | ')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, one = '']) => one)
      const installed = [...common, ...packages].map((one) => one.replace(/(?<=.)@[\d.]+$/, ''))
      const imported = [...code.matchAll(/(?:from|import|import\() ?'((?:@[\w-]+\/)?[\w-]+)(?:\/[\w/-]+)?'/g)].map(
        ([, one = '']) => one,
      )
      expect(imported.length, name).toBeGreaterThan(0)
      expect(
        imported.filter((one) => !installed.includes(one)),
        name,
      ).toEqual([])
      expect(
        installed.filter((one) => one !== 'express-smile-id' && !(one in known)),
        name,
      ).toEqual([])
    }
  })

  test('they are run by one command', async () => {
    expect(await runScript('examples/run.js', ['typed-partner-params'])).toContain('answered 200 accepted')
  })
})

describe('each ends when its host says so', { timeout: 60_000 }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('at %s', async (signal) => {
    const server = startScript('examples/basic/server.js', { PORT: '0' })
    await vi.waitFor(() => expect(server.said()).toContain('http:'), { timeout: 30_000 })
    expect(await server.end(signal)).toEqual([0, null])
  })

  test('every program that listens or works, in the same way', () => {
    const lasting = folders
      .flatMap(programs)
      .filter(({ path, code }) => !path.endsWith('/demo.js') && /\.listen\(|Worker\(|\bserve\(/.test(code))
    expect(lasting.length).toBeGreaterThan(6)
    const deaf = lasting.filter(({ code }) => !/onShutdown\(|enableShutdownHooks\(/.test(code))
    expect(deaf.map(({ path }) => path)).toEqual([])
    const ownWay = folders.flatMap(programs).filter(({ code }) => /process\.(?:on|once)\(\W?SIG/.test(code))
    expect(ownWay.map(({ path }) => path)).toEqual([])
  })
})

describe('the command line against the basic example', { timeout: 60_000 }, () => {
  test('a story, shuffled and sent three times, ends with each event handled once', async () => {
    const server = startScript('examples/basic/server.js', { PORT: '0' })
    const url = await vi.waitFor(() => /http:\S+/.exec(server.said())?.[0] ?? Promise.reject(new Error('not yet')), {
      timeout: 30_000,
    })
    const sent = await runScript(cli, [
      'send',
      '--to',
      url,
      '--product',
      'biometric_kyc',
      '--story',
      '--shuffle',
      '--repeat',
      '3',
      '--job-id',
      'job-1',
      '--param',
      'account_id=acc-1',
      '--json',
    ])
    expect(sent.trim().split('\n').at(-1)).toBe('{"planned":9,"sent":9,"accepted":9}')
    const handled = server
      .said()
      .split('\n')
      .filter((line) => line.startsWith('  event'))
    expect(handled.sort()).toEqual([
      '  event  approved: job job-1, account acc-1',
      '  event  the ID was looked up: job job-1, account acc-1',
      '  event  under review: job job-1, account acc-1',
    ])
  })

  test('help and version of the built command', async () => {
    expect(await runScript(cli, ['--help'])).toContain('express-smile-id send')
    expect(await runScript(cli, ['--version'])).toMatch(/^\d+\.\d+\.\d+/)
  })
})
