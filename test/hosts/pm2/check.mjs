// One process of pm2 is told nothing of several, in either mode; of two each is. After `npm run build` and `npm ci` here.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'smile-id-pm2-'))
const pm2 = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/pm2/bin/pm2', ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, PM2_HOME: home, SAID: said } })
  assert.equal(status, 0, stdout + stderr)
}
let said = ''
try {
  for (const [exec_mode, instances] of [['fork', 1], ['fork', 2], ['cluster', 1], ['cluster', 2]]) {
    const name = `${exec_mode}-${instances}`
    said = join(home, `${name}.said`)
    writeFileSync(join(home, `${name}.config.cjs`), `module.exports = ${JSON.stringify({ apps: [{ name, cwd: folder, script: './app.mjs', exec_mode, instances }] })}`)
    pm2('start', join(home, `${name}.config.cjs`))
    const lines = () => (existsSync(said) ? readFileSync(said, 'utf8').trim().split('\n') : [])
    for (let waited = 0; lines().length < instances && waited < 20_000; waited += 100) await sleep(100)
    pm2('delete', name)
    const expected = instances === 1 ? '[]' : '["memory_store_many_processes"]'
    assert.deepEqual(lines(), Array.from({ length: instances }, () => expected), name)
    console.log(`pm2, ${exec_mode} mode, ${instances}: ${expected}`)
  }
} finally {
  pm2('kill')
  rmSync(home, { recursive: true, force: true })
}
