// One process of pm2 is told nothing of several, in either mode; of two each is. A delivery under way is finished when pm2
// stops a process (SIGINT). After `npm run build` and `npm ci` here.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const folder = fileURLToPath(new URL('.', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'smile-id-pm2-'))
const command = (...args) => [
  process.execPath,
  ['node_modules/pm2/bin/pm2', ...args],
  { cwd: folder, encoding: 'utf8', env: { ...process.env, PM2_HOME: home, SAID: said } },
]
const pm2 = (...args) => {
  const { status, stdout, stderr } = spawnSync(...command(...args))
  assert.equal(status, 0, stdout + stderr)
}
const start = (name, options) => {
  const config = join(home, `${name}.config.cjs`)
  writeFileSync(config, `module.exports = ${JSON.stringify({ apps: [{ name, cwd: folder, ...options }] })}`)
  pm2('start', config)
}
const until = async (isSo) => {
  for (let waited = 0; !isSo() && waited < 20_000; waited += 100) await sleep(100)
}

const own = (path) => new URL(`../../../${path}`, import.meta.url)
const page = readFileSync(own('src/telemetry/README.md'), 'utf8')
const snippet = /^```ts\n([^`]*SIGINT[^`]*)```$/m.exec(page)[1]
const ways = {
  page: ts.transpile(snippet, { target: 'ES2022', module: 'ESNext' }),
  examples: `import { onShutdown } from '${own('examples/shared/shutdown.js')}'
    onShutdown(async () => { await callbacks.close({ timeout: 25_000 }); server.close() })`,
}
/** A handler takes a second; the port and what was handled are written down. */
const slow = (way) => `import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { smileIdCallbacks } from '${own('dist/index.js')}'
const say = (text) => appendFileSync(process.env.SAID, text + '\\n')
const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'key-of-a-test' }, allowedIps: ['127.0.0.1'], logger: false })
callbacks.onAny(async () => { say('begun'); await sleep(1_000); say('done') })
const worker = undefined
const server = createServer(callbacks.node).listen(0, '127.0.0.1', () => say(String(server.address().port)))
process.once('exit', () => say('closed'))
${way}`

let said = ''
const lines = () => (existsSync(said) ? readFileSync(said, 'utf8').trim().split('\n') : [])
try {
  for (const [exec_mode, instances] of [
    ['fork', 1],
    ['fork', 2],
    ['cluster', 1],
    ['cluster', 2],
  ]) {
    const name = `${exec_mode}-${instances}`
    said = join(home, `${name}.said`)
    start(name, { script: './app.mjs', exec_mode, instances })
    await until(() => lines().length >= instances)
    pm2('delete', name)
    const expected = instances === 1 ? '[]' : '["memory_store_many_processes"]'
    assert.deepEqual(
      lines(),
      Array.from({ length: instances }, () => expected),
      name,
    )
    console.log(`pm2, ${exec_mode} mode, ${instances}: ${expected}`)
  }
  const { sample, signDelivery } = await import(own('dist/testing.js'))
  for (const [way, code] of Object.entries(ways))
    for (const exec_mode of ['fork', 'cluster']) {
      const name = `${way}-${exec_mode}`
      said = join(home, `${name}.said`)
      writeFileSync(join(home, `${name}.mjs`), slow(code))
      start(name, { script: join(home, `${name}.mjs`), exec_mode, kill_timeout: 40_000 })
      await until(() => lines().length === 1)
      const delivery = signDelivery({
        credential: { partnerId: '085', apiKey: 'key-of-a-test' },
        payload: sample('document_verification', 'approved'),
      })
      const answer = fetch(`http://127.0.0.1:${lines()[0]}/smile-id`, { method: 'POST', ...delivery })
      await until(() => lines().includes('begun'))
      await Promise.all([promisify(execFile)(...command('stop', name)), answer])
      assert.equal((await answer).status, 200, name)
      assert.deepEqual(lines().slice(1), ['begun', 'done', 'closed'], name)
      pm2('delete', name)
      console.log(
        `pm2 stop, ${exec_mode} mode, as ${way === 'page' ? 'the page' : 'the examples'}: what was under way is done`,
      )
    }
} finally {
  pm2('kill')
  rmSync(home, { recursive: true, force: true })
}
