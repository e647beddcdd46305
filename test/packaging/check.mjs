// Packs the library, or takes the tarball that is named, installs the tarball beside each supported Express, and uses it as its users do:
// CommonJS and ESM, on every supported Node. Its types: types.mjs.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary } from '../support/node-binary.mjs'
import { checkContents, none } from './contents.mjs'

const own = fileURLToPath(new URL('.', import.meta.url))
const root = join(own, '../..')
const given = process.argv[2]
const scratch = mkdtempSync(join(tmpdir(), 'express-smile-id-'))
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const newest = '5'
const expresses = ['4.18.3', newest]
const nodes = ['20', '22', '24', '26']
/** The oldest that package.json promises. */
const oldest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.slice('>='.length)

try {
  if (!given) run('npm', ['pack', '--silent', '--pack-destination', scratch], root)
  const tarball = join(scratch, given ? basename(given) : readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  if (given) cpSync(given, tarball)
  checkContents(tarball)
  for (const express of expresses) use(tarball, express)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function use(tarball, express) {
  const folder = join(scratch, `express-${express}`)
  cpSync(join(own, 'consumer'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}')
  run(
    'npm',
    ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', tarball, `express@${express}`, 'zod@4'],
    folder,
  )

  const { packages: installed } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  none(
    'installed with it, and runs a script',
    Object.keys(installed).filter((name) => installed[name].hasInstallScript),
  )

  for (const node of [oldest, ...nodes]) {
    const binary = nodeBinary(node)
    // In the last two Express plays no part, nor in the command line.
    const files = ['use.cjs', 'use.mjs', ...(express === newest ? ['engines.cjs', 'side-effects.mjs'] : [])]
    for (const file of files) process.stdout.write(`Express ${express}, Node ${node}: ${run(binary, [file], folder)}`)
    if (express !== newest) continue
    expectSaid(command(binary, folder, 'explain', 'stale'), 0, 'The signature is older than maxAge.')
    expectSaid(command(binary, folder, 'send', '--help'), 0, '--story                 the whole job')
  }
  // Tools that shrink node_modules delete pages.
  rmSync(join(folder, 'node_modules/express-smile-id/src'), { recursive: true })
  expectSaid(
    command(nodeBinary(oldest), folder, 'explain', 'stale'),
    2,
    'This installation lacks the pages that explain it.',
  )
  expectSaid(command(nodeBinary(oldest), folder, 'send', '--help'), 0, '  --story\n')
}

/** The command reads its explanations and its help from pages of the package. */
function command(binary, folder, ...args) {
  return spawnSync(binary, ['node_modules/express-smile-id/dist/cli/cli.cjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
}

function expectSaid({ status, stdout, stderr }, code, sentence) {
  if (status !== code || !(stdout + stderr).includes(sentence))
    throw new Error(`the command ended with ${status}: ${stdout}${stderr}`)
}
