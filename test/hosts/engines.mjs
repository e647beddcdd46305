// Runs the tests of engines that need a newer Node than this package does, on that Node: npm run test:engines [-- FILE …]
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary } from '../support/node-binary.mjs'

const own = (path) => fileURLToPath(new URL(path, import.meta.url))
const files = process.argv.slice(2)
const uses = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((path) => /\bbosses\b/.test(readFileSync(path, 'utf8')))

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
execFileSync(npm, ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: own('pg-boss'), stdio: 'inherit', shell: process.platform === 'win32' })
const chosen = files.length > 0 ? files : uses(own('../services'))
const vitest = own('../../node_modules/vitest/vitest.mjs')
// Those of this Node run with the rest of the tests.
const { status } = spawnSync(nodeBinary('22'), [vitest, 'run', ...chosen, '-t', 'pg-boss 1[1-9]'], { cwd: own('../..'), stdio: 'inherit' })
process.exitCode = status ?? 1
