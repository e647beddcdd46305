// Mounts the packed library in real hosts, each a small project with its own lock file, and posts real deliveries to them.
// `node test/hosts/run.mjs` runs all, `… hono koa` some. A row of the page of hosts stands there because this passes.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../support/free-port.mjs'
import { cases, post } from './deliveries.mjs'
import { hosts } from './hosts.mjs'

const own = fileURLToPath(new URL('.', import.meta.url))
const root = join(own, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'express-smile-id-hosts-'))
const exec = promisify(execFile)
const wanted = process.argv.slice(2)
const chosen = hosts.filter(({ name, project }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(project))

/** A host must not notice what runs it. */
const environment = { ...process.env, NODE_OPTIONS: '', CI: 'true', NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' }

/** Installs of a project are shared by the hosts in it. */
const installs = new Map()
const started = performance.now()
const rows = []
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')))
  const queue = [...chosen]
  // Two at a time: while one installs, another runs.
  await Promise.all([1, 2].map(async () => {
    for (let host = queue.shift(); host; host = queue.shift()) rows.push(await check(host, tarball))
  }))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

rows.sort((a, b) => chosen.findIndex(({ name }) => name === a.name) - chosen.findIndex(({ name }) => name === b.name))
const failed = rows.filter(({ flaws }) => flaws.length > 0)
for (const { name, flaws } of failed) console.log(`\n${name}:\n${flaws.slice(0, 12).map((flaw) => `  ${flaw}`).join('\n')}`)
console.log(`\n${rows.length - failed.length} hosts passed, ${failed.length} failed, in ${((performance.now() - started) / 1000).toFixed(0)} s`)
process.exitCode = failed.length === 0 ? 0 : 1

async function check(host, tarball) {
  const { name, title = name, door } = host
  const row = { name, title, door, version: host.runtime ?? '', flaws: [] }
  const begun = performance.now()
  try {
    const folder = await install(host.project ?? name, tarball)
    row.version = `${versionOf(host, folder)} ${host.runtime ?? ''}`.trim()
    if (host.build && !installs.has(`${folder} built`)) {
      installs.set(`${folder} built`, exec(host.build[0], host.build.slice(1), { cwd: folder, maxBuffer: 2 ** 26, env: environment }))
    }
    await installs.get(`${folder} built`)
    row.flaws = host.only ? await host.only(folder, exec) : await serve(host, folder)
  } catch (error) {
    row.flaws = [`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`.slice(0, 4_000)]
  }
  console.log(`${row.flaws.length === 0 ? 'ok  ' : 'FAIL'} ${title} ${row.version} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  return row
}

function install(project, tarball) {
  const known = installs.get(project)
  if (known) return known
  const installing = (async () => {
    const folder = join(scratch, project)
    mkdirSync(folder)
    cpSync(join(own, project), folder, { recursive: true, filter: (path) => !/node_modules|\.next|\.svelte-kit|\.output/.test(path) })
    cpSync(join(own, 'shared/callbacks.mjs'), join(folder, 'callbacks.mjs'))
    if (!existsSync(join(folder, 'package-lock.json'))) throw new Error(`${project} has no lock file`)
    await exec('npm', ['ci', '--no-audit', '--no-fund', '--silent', '--ignore-scripts'], { cwd: folder, maxBuffer: 2 ** 26, env: environment })
    // What the package itself depends on stands in the project's lock file as well.
    const target = join(folder, 'node_modules/express-smile-id')
    mkdirSync(target, { recursive: true })
    await exec('tar', ['-xzf', tarball, '-C', target, '--strip-components', '1'])
    return folder
  })()
  installs.set(project, installing)
  return installing
}

function versionOf({ packageName, name }, folder) {
  const manifest = join(folder, 'node_modules', packageName ?? name, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : ''
}

/** Starts the host, posts all deliveries, and says what was not as it is to be. */
async function serve({ start = [process.execPath, 'server.mjs'], path = '/smile-id', paths = [path], env = {}, port: fixedPort, except = {}, loose = false }, folder) {
  const flaws = []
  const said = []
  const port = fixedPort ? await freePort() : undefined
  const command = typeof start === 'function' ? start() : start
  const args = command.map((arg) => (arg === '{port}' ? String(port) : arg))
  const child = spawn(args[0], args.slice(1), { cwd: folder, env: { ...environment, ...env, ...(port && { PORT: String(port), HOST: '127.0.0.1', NITRO_HOST: '127.0.0.1', NITRO_PORT: String(port) }) }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  let exited = false
  child.on('exit', () => { exited = true })
  child.stderr.on('data', (chunk) => { output += chunk })
  let rest = ''
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      output += `${line}\n`
      // Some hosts put a name before what their code prints.
      const json = /\{".*\}/.exec(line)?.[0]
      try { if (json) said.push(JSON.parse(json)) } catch { /* A line of the host's own. */ }
    }
  })
  try {
    const reached = await until(async () => {
      if (exited) throw new Error(`it ended:\n${output.slice(-3_000)}`)
      const told = said.find((one) => one.port)?.port
      if (told) return told
      return port && (await post(port, path, { method: 'GET' })).status > 0 ? port : undefined
    }, 60_000)
    if (!reached) throw new Error(`it did not listen:\n${output.slice(-3_000)}`)
    for (const [at, [name, delivery, status, code]] of paths.flatMap((one) => cases().map((each) => [one, each]))) {
      const answer = await post(reached, at, delivery)
      const allowed = [status, ...[except[name] ?? []].flat()]
      if (!allowed.includes(answer.status)) flaws.push(`${name}: answered ${answer.status} instead of ${status}: ${answer.text.slice(0, 200)}`)
      else if (!loose && status === answer.status && code && !answer.text.includes(code)) flaws.push(`${name}: no ${code} in ${answer.text.slice(0, 200)}`)
      if (status === 200) {
        const handled = await until(() => said.filter((one) => one.jobId === delivery.jobId && one.handled).length || undefined, 2_000)
        if (handled !== 1) flaws.push(`${name}: handled ${handled ?? 0} times`)
        const { clientIp } = said.find((one) => one.jobId === delivery.jobId) ?? {}
        if (handled && !/^(::ffff:)?127\.0\.0\.1$|^::1$/.test(clientIp ?? '')) flaws.push(`${name}: came from ${clientIp}`)
      }
      if (answer.text.startsWith('no answer')) break
      if (exited) {
        flaws.push(`${name}: ended the process:\n${output.slice(-2_000)}`)
        break
      }
    }
    if (flaws.length > 0) flaws.push(`it said:\n${output.slice(-1_500)}`)
  } finally {
    try { process.kill(-child.pid, 'SIGKILL') } catch { /* It has ended. */ }
  }
  return flaws
}

async function until(look, ms) {
  const end = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined || performance.now() > end) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
