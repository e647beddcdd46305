// Compiles what users write against the packed library, or the tarball that is named: each supported TypeScript, each way to resolve
// modules, Express's types of either major version or none, and the strictest of settings; and each supported version of each engine.
import { execFile, execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const own = fileURLToPath(new URL('.', import.meta.url))
const root = join(own, '../..')
const given = process.argv[2]
const exec = promisify(execFile)
// Compilers name files by their real paths.
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'express-smile-id-types-')))

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
  {
    name: 'node10',
    args: ['--module', 'CommonJS', '--moduleResolution', 'node10'],
    files: ['start.ts', 'use.ts', 'subpaths.ts'],
    until: 6,
  },
  {
    name: 'node16',
    args: ['--module', 'Node16', '--moduleResolution', 'Node16'],
    files: ['start.mts', 'use.mts', 'use.cts', 'subpaths.mts', 'subpaths.cts'],
  },
  {
    name: 'nodenext',
    args: ['--module', 'NodeNext', '--moduleResolution', 'NodeNext'],
    files: ['start.mts', 'use.mts', 'use.cts', 'subpaths.mts', 'subpaths.cts'],
  },
  {
    name: 'bundler',
    args: ['--module', 'ESNext', '--moduleResolution', 'Bundler'],
    files: ['start.ts', 'use.ts', 'subpaths.ts'],
  },
]
const strictest = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--target',
  'ES2022',
  '--lib',
  'ES2022',
  '--esModuleInterop',
  '--types',
  'node',
]

/** The first example that begins with `import` and uses the package: what a reader tries first. */
const start = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)]
  .map(([, code]) => code)
  .find((code) => code.includes("from 'express-smile-id'"))

const began = performance.now()
try {
  if (!given)
    execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  const tarball = join(scratch, given ? basename(given) : readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  if (given) cpSync(given, tarball)
  await Promise.all([
    install(scratch, [
      tarball,
      'express@5',
      '@types/node@20',
      'zod@4',
      ...compilers.map((version) => `typescript-${version}@npm:typescript@${version}`),
    ]),
    ...Object.keys(apps).map(prepare),
    ...Object.keys(engines).map((age) => prepareEngines(age, tarball)),
  ])
  const results = []
  const queue = [...compilers]
  await Promise.all(
    [1, 2].map(async () => {
      for (let version = queue.shift(); version; version = queue.shift()) results.push(...(await compile(version)))
    }),
  )
  const failed = results.filter(({ flaws }) => flaws !== '')
  for (const { name, flaws } of failed) console.error(`${name}:\n${flaws.slice(0, 3_000)}`)
  console.log(
    `${results.length - failed.length} of ${results.length} compile: TypeScript ${compilers.join(', ')}, each with ${resolutions.map(({ name }) => name).join(', ')} as far as it knows them, and ${Object.keys(apps).join(', ')}, in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
  process.exitCode = failed.length === 0 ? 0 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** Folders below find in their own node_modules Express's types, and all else above. */
async function prepare(types) {
  const folder = folderOf(types)
  mkdirSync(folder)
  if (types.startsWith('@')) {
    await install(folder, [types])
    // The newest ones, which the oldest compiler cannot read.
    rmSync(join(folder, 'node_modules/@types/node'), { recursive: true })
  }
  for (const ending of ['ts', 'mts', 'cts']) {
    writeFileSync(join(folder, `start.${ending}`), start)
    for (const name of ['use', 'subpaths'])
      copyFileSync(join(own, `consumer/${name}.ts`), join(folder, `${name}.${ending}`))
  }
}

async function prepareEngines(age, tarball) {
  const folder = folderOf(`${age} engines`)
  mkdirSync(folder)
  // BullMQ 5 would rather have a newer redis than 4, which it does not use.
  await install(folder, [
    '--legacy-peer-deps',
    tarball,
    ...engines[age],
    'pg@8',
    '@types/pg@8',
    '@types/node@20',
    'zod@4',
    'express@5',
  ])
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(folder, 'pg-boss.ts'),
    `export { ${age === 'newest' ? 'PgBoss' : 'default as PgBoss'} } from 'pg-boss'\n`,
  )
  copyFileSync(join(own, 'consumer/engines.mts'), join(folder, 'engines.mts'))
}

function folderOf(types) {
  return join(scratch, types.replace(/\W/g, ''))
}

async function install(folder, packages) {
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}')
  await exec('npm', ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
  })
}

/** All that one compiler compiles: `{ name, flaws }` of each cell. */
async function compile(version) {
  const cells = [
    ...Object.entries(apps).flatMap(([types, more], index) =>
      resolutions
        .filter(({ until = 100 }) => Number(version) < until)
        // What is not ours, and differs from no app to another, is checked in the first; in it not by 5.9, which lies between two
        // others, nor by node16, which finds the same files as nodenext.
        .map(({ name, args, files }) => ({
          types,
          name,
          files,
          args: [...args, ...more],
          whole: index === 0 && version !== '5.9' && name !== 'node16',
        })),
    ),
    // Their own types are theirs to get right.
    ...Object.keys(engines).map((age) => ({
      types: `${age} engines`,
      name: 'nodenext',
      files: ['engines.mts'],
      args: [
        '--module',
        'NodeNext',
        '--moduleResolution',
        'NodeNext',
        '--skipLibCheck',
        'true',
        '--noEmit',
        'false',
        '--declaration',
        '--outDir',
        `out-${version}`,
      ],
      whole: true,
    })),
  ].map(({ types, name, files, args, whole }) => {
    const folder = folderOf(types)
    return {
      name: `TypeScript ${version}, ${name}, ${types}`,
      folder,
      files,
      args: [...strictest, ...args],
      whole,
      own: [`${folder}/`, join(scratch, 'node_modules/express-smile-id/')],
    }
  })
  const compiler = join(scratch, `node_modules/typescript-${version}`)
  if (version === '7') {
    // Written in Go, it has no functions to call, and needs a third of the time.
    const results = []
    for (const cell of cells) results.push(await compileByCommand(compiler, cell))
    return results
  }
  const child = exec(process.execPath, [join(own, 'types-compile.mjs'), join(compiler, 'lib/typescript.js')], {
    maxBuffer: 2 ** 26,
  })
  child.child.stdin.end(JSON.stringify(cells))
  const { stdout } = await child
  return JSON.parse(stdout)
}

async function compileByCommand(compiler, { name, folder, args, files }) {
  try {
    await exec(process.execPath, [join(compiler, 'bin/tsc'), ...args, ...files], { cwd: folder })
    return { name, flaws: '' }
  } catch (error) {
    return { name, flaws: `${error.stdout}${error.stderr}` || error.message }
  }
}
