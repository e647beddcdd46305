// Packs the library, and tests a receiver with it under each test runner, as ES module and as CommonJS, in ten lines.
// Then runs the same tests against a receiver with another key: each has to fail, or it tests nothing.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const own = fileURLToPath(new URL('.', import.meta.url))
const root = join(own, '../../..')
const scratch = mkdtempSync(join(tmpdir(), 'express-smile-id-testkit-'))
const project = join(scratch, 'project')

const runners = [
  ['vitest', ['node_modules/vitest/vitest.mjs', 'run', '--dir', '.', 'receiver.vitest.mjs']],
  ['jest, CommonJS', ['node_modules/jest/bin/jest.js', '--ci', '--testRegex', 'receiver\\.jest\\.cjs$']],
  ['jest, ES module', ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--ci', '--testRegex', 'receiver\\.jest\\.mjs$']],
  ['jest, fake timers', ['node_modules/jest/bin/jest.js', '--ci', '--testRegex', 'timers\\.jest\\.cjs$']],
  ['jest, fake timers in jsdom', ['node_modules/jest/bin/jest.js', '--ci', '--env=jsdom', '--testRegex', 'timers\\.jest\\.cjs$']],
  ['node:test, ES module', ['--test', 'receiver.node.mjs']],
  ['node:test, CommonJS', ['--test', 'receiver.node.cjs']],
]

try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  cpSync(join(own, 'project'), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, jest: { moduleFileExtensions: ['js', 'mjs', 'cjs', 'json'], transform: {} } }))
  writeFileSync(join(project, 'vitest.config.mjs'), "export default { test: { include: ['*.vitest.mjs'] } }\n")
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', tarball, 'express@5', 'jest@30', 'jest-environment-jsdom@30', 'vitest@4'], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
  for (const runner of runners) check(runner)
  checkCommand()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function check([name, args]) {
  const passed = node(args, {})
  if (passed.status !== 0) throw new Error(`${name} does not pass:\n${passed.stdout}${passed.stderr}`)
  const failed = node(args, { WRONG_KEY: 'another-key' })
  if (failed.status === 0) throw new Error(`${name} passes although the receiver knows another key`)
  if (!/401/.test(failed.stdout + failed.stderr)) throw new Error(`${name} fails for another reason than the key:\n${failed.stdout}${failed.stderr}`)
  console.log(`${name}: passes, and fails with another key`)
}

function checkCommand() {
  const version = JSON.parse(execFileSync('npm', ['pkg', 'get', 'version'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  const shown = execFileSync('npx', ['--no-install', 'express-smile-id', '--version'], { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  if (shown !== version) throw new Error(`npx express-smile-id --version says ${shown}, not ${version}`)
  const bin = [join(project, 'node_modules/.bin/express-smile-id'), '--help']
  // Warm, beside a Node that does nothing: what this machine needs for that is not ours to answer for.
  const bare = fastest(['-e', ''])
  const help = fastest(bin)
  console.log(`npx express-smile-id works; --help takes ${help.toFixed(0)} ms, a Node that does nothing ${bare.toFixed(0)} ms`)
  if (help > bare * 4) throw new Error('--help is slow: does it load the library?')
}

function fastest(args) {
  const times = Array.from({ length: 7 }, () => {
    const started = performance.now()
    const { status } = node(args, {})
    if (status !== 0) throw new Error(`node ${args.join(' ')} failed`)
    return performance.now() - started
  })
  return Math.min(...times)
}

function node(args, env) {
  // A test runner must not notice that it runs inside of another.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, VITEST: _vitest, ...rest } = process.env
  return spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8', env: { ...rest, ...env, CI: 'true' } })
}
