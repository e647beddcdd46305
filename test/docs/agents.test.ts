import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { freePort } from '../support/free-port.mjs'
import { blocks, own } from './readme.ts'

// Follows src/AGENTS.md in a fresh Express app, step by step; the package as built stands in for its installation.

const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-agent-'))
const only = (includes: string): string => {
  const found = blocks.filter(({ file, code }) => file === 'src/AGENTS.md' && code.includes(includes))
  if (found.length !== 1) throw new Error(`${found.length} blocks with "${includes}"`)
  return found[0]!.code
}

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(process.platform === 'win32')('an agent adds the receiver to an app', { timeout: 60_000 }, async () => {
  const port = await freePort()
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
  symlinkSync(own('node_modules/express'), join(folder, 'node_modules/express'), 'junction')
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
  }
  write('package.json', '{"type":"module"}')
  write('.env', 'SMILE_ID_PARTNER_ID=085\nSMILE_ID_API_KEY=try-it-out\nNODE_ENV=development\n')
  write('smile-id.js', only('export const callbacks'))
  write(
    'app.js',
    `import express from 'express'\nimport { callbacks } from './smile-id.js'\nexport const app = express()\n${only("app.use('/smile-id'")}app.use(express.json())\n`,
  )
  write('server.js', `import { app } from './app.js'\napp.listen(${port}, () => console.log('listening'))\n`)
  const server = spawn(process.execPath, ['--env-file=.env', 'server.js'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  server.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const command = (line: string) => {
    const args = line.trim().replace('localhost:3000', `localhost:${port}`).split(' ').slice(2)
    return spawnSync(process.execPath, [own('dist/cli/cli.cjs'), ...args], { cwd: folder, encoding: 'utf8' })
  }
  try {
    await vi.waitFor(() => expect(said).toContain('listening'), { timeout: 30_000 })
    const asked = command(only('doctor'))
    expect(asked.status, asked.stdout + asked.stderr).toBe(0)
    const sent = command(only('account_id=acc-1\n'))
    expect(sent.stdout).toContain('200')
    await vi.waitFor(() => expect(said).toContain('approved acc-1'))
  } finally {
    server.kill()
  }
  write(
    'test.js',
    `import { app } from './app.js'\nconst credential = { partnerId: '085', apiKey: 'try-it-out' }\n${only('deliver(app')}`,
  )
  // As in production: deliveries of the test kit come from an address of Smile ID.
  const env = { PATH: process.env['PATH'], SMILE_ID_PARTNER_ID: '085', SMILE_ID_API_KEY: 'try-it-out' }
  const tested = spawnSync(process.execPath, ['test.js'], { cwd: folder, encoding: 'utf8', env })
  expect(tested.status, tested.stderr).toBe(0)
  expect(tested.stdout).toContain('approved acc-1')
})
