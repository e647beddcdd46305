// Packs the library, or takes the tarball that is named, installs the tarball beside each supported Express, and uses it as its users do:
// JavaScript and TypeScript, CommonJS and ESM, on every supported Node and TypeScript.
import { execFileSync } from 'node:child_process'
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
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const expresses = [
  { express: '4.18.3', types: '4.17' },
  { express: '5', types: '5' },
]
const nodes = ['20', '22', '24']
/** The oldest that package.json promises. */
const oldest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.slice('>='.length)
const typescripts = ['5.5', '6', '7']

try {
  if (!given) run('npm', ['pack', '--silent', '--pack-destination', scratch], root)
  const tarball = join(scratch, given ? basename(given) : readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  if (given) cpSync(given, tarball)
  checkContents(tarball)
  for (const express of expresses) use(tarball, express)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function use(tarball, { express, types }) {
  const folder = join(scratch, `express-${express}`)
  cpSync(join(own, 'consumer'), folder, { recursive: true })
  for (const name of ['use.mts', 'use.cts']) cpSync(join(own, 'consumer/use.ts'), join(folder, name))
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}')
  const compilers = typescripts.map((version) => `typescript-${version}@npm:typescript@${version}`)
  const packages = [tarball, `express@${express}`, `@types/express@${types}`, '@types/node@20', 'zod@4', ...compilers]
  run('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], folder)

  const { packages: installed } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  none('installed with it, and runs a script', Object.keys(installed).filter((name) => installed[name].hasInstallScript))

  for (const node of [oldest, ...nodes]) {
    const binary = nodeBinary(node)
    for (const file of ['use.cjs', 'use.mjs', 'engines.cjs', 'side-effects.mjs']) {
      process.stdout.write(`Express ${express}, Node ${node}: ${run(binary, [file], folder)}`)
    }
  }
  for (const version of typescripts) {
    compile(folder, version, ['--module', 'NodeNext', '--moduleResolution', 'NodeNext', 'use.mts', 'use.cts'])
    compile(folder, version, ['--module', 'ESNext', '--moduleResolution', 'Bundler', 'use.ts'])
    console.log(`Express ${express}, TypeScript ${version}: compiles as ES module, CommonJS and for bundlers`)
  }
  // The old resolution knows no exports map, and newer compilers no old resolution.
  compile(folder, '5.5', ['--module', 'CommonJS', '--moduleResolution', 'Node10', 'use.ts'])
  console.log(`Express ${express}, TypeScript 5.5: compiles with the old resolution`)
}

function compile(folder, version, args) {
  const compiler = join(folder, `node_modules/typescript-${version}/bin/tsc`)
  try {
    run('node', [compiler, '--noEmit', '--strict', '--target', 'ES2022', '--esModuleInterop', '--types', 'node', ...args], folder)
  } catch (error) {
    throw new Error(`TypeScript ${version} ${args.join(' ')}:\n${error.stdout}`)
  }
}
