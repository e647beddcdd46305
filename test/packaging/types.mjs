// Compiles what users write against the packed library, or the tarball that is named: each supported TypeScript, each way to resolve
// modules, Express's types of either major version or none, and the strictest of settings; and each supported version of each engine.
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const own = fileURLToPath(new URL('.', import.meta.url))
const root = join(own, '../..')
const given = process.argv[2]
const exec = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'express-smile-id-types-'))

const compilers = ['7', '6', '5.9', '5.5']
// Without types an app may not be strict about them: then `express` is whatever it is.
const apps = { '@types/express@5': [], '@types/express@4': [], 'no types of Express': ['--noImplicitAny', 'false'] }
// Each set has a place of its own: the library's types name those of `bullmq`, whichever is beside them.
const engines = {
  oldest: ['pg-boss@10', 'bullmq@5', 'ioredis@5', 'redis@4'],
  between: ['pg-boss@11', 'bullmq@5', 'ioredis@5', 'redis@5'],
  newest: ['pg-boss@12', 'bullmq@6', 'ioredis@6', 'redis@6'],
}
// "classic" finds no package that brings its own types, whoever's it is.
const resolutions = [
  { name: 'node10', args: ['--module', 'CommonJS', '--moduleResolution', 'node10'], files: ['start.ts', 'use.ts', 'subpaths.ts'], until: 6 },
  { name: 'node16', args: ['--module', 'Node16', '--moduleResolution', 'Node16'], files: ['start.mts', 'use.mts', 'use.cts', 'subpaths.mts', 'subpaths.cts'] },
  { name: 'nodenext', args: ['--module', 'NodeNext', '--moduleResolution', 'NodeNext'], files: ['start.mts', 'use.mts', 'use.cts', 'subpaths.mts', 'subpaths.cts'] },
  { name: 'bundler', args: ['--module', 'ESNext', '--moduleResolution', 'Bundler'], files: ['start.ts', 'use.ts', 'subpaths.ts'] },
]
const strictest = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'ES2022', '--lib', 'ES2022', '--esModuleInterop', '--types', 'node']

/** The first example that begins with `import` and uses the package: what a reader tries first. */
const start = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code]) => code).find((code) => code.includes("from 'express-smile-id'"))

const began = performance.now()
try {
  if (!given) execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = join(scratch, given ? basename(given) : readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  if (given) cpSync(given, tarball)
  install(scratch, [tarball, 'express@5', '@types/node@20', 'zod@4', ...compilers.map((version) => `typescript-${version}@npm:typescript@${version}`)])
  for (const types of Object.keys(apps)) prepare(types)
  for (const age of Object.keys(engines)) prepareEngines(age, tarball)
  const cells = [
    ...Object.entries(apps).flatMap(([types, more]) =>
      compilers.flatMap((version) => resolutions.filter(({ until = 100 }) => Number(version) < until).map((resolution) => ({ types, more, version, resolution })))),
    // Their own types are theirs to get right.
    ...Object.keys(engines).flatMap((age) => compilers.map((version) => ({ types: `${age} engines`, version, more: ['--skipLibCheck', 'true', '--noEmit', 'false', '--declaration', '--outDir', `out-${version}`], resolution: { name: 'nodenext', args: ['--module', 'NodeNext', '--moduleResolution', 'NodeNext'], files: ['engines.mts'] } }))),
  ]
  const failed = []
  const queue = [...cells]
  await Promise.all([1, 2].map(async () => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) failed.push(...(await compile(cell)))
  }))
  for (const flaw of failed) console.error(flaw)
  console.log(`${cells.length - failed.length} of ${cells.length} compile: TypeScript ${compilers.join(', ')}, each with ${resolutions.map(({ name }) => name).join(', ')} as far as it knows them, and ${Object.keys(apps).join(', ')}, in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  process.exitCode = failed.length === 0 ? 0 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** Folders below find in their own node_modules Express's types, and all else above. */
function prepare(types) {
  const folder = folderOf(types)
  mkdirSync(folder)
  // They would bring Node's newest types, which the oldest compiler cannot read.
  if (types.startsWith('@')) install(folder, [types, '@types/node@20'])
  for (const ending of ['ts', 'mts', 'cts']) {
    writeFileSync(join(folder, `start.${ending}`), start)
    for (const name of ['use', 'subpaths']) copyFileSync(join(own, `consumer/${name}.ts`), join(folder, `${name}.${ending}`))
  }
}

function prepareEngines(age, tarball) {
  const folder = folderOf(`${age} engines`)
  mkdirSync(folder)
  // BullMQ 5 would rather have a newer redis than 4, which it does not use.
  install(folder, ['--legacy-peer-deps', tarball, ...engines[age], 'pg@8', '@types/pg@8', '@types/node@20', 'zod@4', 'express@5'])
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'pg-boss.ts'), `export { ${age === 'newest' ? 'PgBoss' : 'default as PgBoss'} } from 'pg-boss'\n`)
  copyFileSync(join(own, 'consumer/engines.mts'), join(folder, 'engines.mts'))
}

function folderOf(types) {
  return join(scratch, types.replace(/\W/g, ''))
}

function install(folder, packages) {
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}')
  execFileSync('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function compile({ types, more, version, resolution }) {
  const compiler = join(scratch, `node_modules/typescript-${version}/bin/tsc`)
  try {
    await exec(process.execPath, [compiler, ...strictest, ...resolution.args, ...more, ...resolution.files], { cwd: folderOf(types) })
    console.log(`TypeScript ${version}, ${resolution.name}, ${types}: compiles`)
    return []
  } catch (error) {
    return [`TypeScript ${version}, ${resolution.name}, ${types}:\n${error.stdout.slice(0, 3_000)}${error.stderr}`]
  }
}
