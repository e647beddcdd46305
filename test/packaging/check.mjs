// Packs the library, installs the tarball beside each supported Express, and uses it as its users do.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const own = new URL('.', import.meta.url).pathname
const root = join(own, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'express-smile-id-'))
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const setUps = [
  { express: '4.18.3', types: '4.17', typescript: '5.5', module: 'CommonJS', resolution: 'Node10' },
  { express: '5', types: '5', typescript: '6.0', module: 'NodeNext', resolution: 'NodeNext' },
]

try {
  run('npm', ['pack', '--silent', '--pack-destination', scratch], root)
  const tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  checkContents(tarball)
  for (const setUp of setUps) use(tarball, setUp)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function checkContents(tarball) {
  const files = run('tar', ['-tzf', tarball], scratch).trim().split('\n')
  const stray = files.filter((file) => !/^package\/(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$|SECURITY\.md$)/.test(file))
  if (stray.length > 0) throw new Error(`not meant for the package: ${stray.join(', ')}`)
  console.log(`the tarball has ${files.length} files, none astray`)
}

function use(tarball, { express, types, typescript, module, resolution }) {
  const folder = join(scratch, `express-${express}`)
  cpSync(join(own, 'consumer'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}')
  run('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', tarball, `express@${express}`, `@types/express@${types}`, `typescript@${typescript}`, '@types/node@20', 'zod@4'], folder)
  const label = `Express ${express}, TypeScript ${typescript}`
  process.stdout.write(`${label}: ${run('node', ['use.cjs'], folder)}`)
  process.stdout.write(`${label}: ${run('node', ['use.mjs'], folder)}`)
  run('npx', ['tsc', '--noEmit', '--strict', '--target', 'ES2022', '--module', module, '--moduleResolution', resolution, '--esModuleInterop', '--types', 'node', 'use.ts'], folder)
  console.log(`${label}: TypeScript compiles`)
}
