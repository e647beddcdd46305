import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { signDelivery } from '../../src/testing/index.ts'
import { blocks, own } from './readme.ts'
import { freePort } from '../support/free-port.mjs'

// Follows README's first page as a newcomer would, but for the installation: the package as built stands in for it.

const start = blocks.filter(({ file, section }) => file === 'README.md' && section === 'Start')
const only = (language: string, includes = ''): string => {
  const found = start.filter((block) => block.language === language && block.code.includes(includes))
  if (found.length !== 1) throw new Error(`README's start has ${found.length} blocks of ${language} with "${includes}"`)
  return found[0]!.code
}

const folder = mkdtempSync(join(tmpdir(), 'express-smile-id-start-'))
let port = 0
let server: ChildProcess | undefined
let said = ''

/** Runs a shell block in the newcomer's folder; npx finds the command of the package as built. */
function shell(code: string): { status: number | null; output: string } {
  const script = code
    .replaceAll('localhost:3000', `localhost:${port}`)
    .replaceAll('npx express-smile-id', `"${process.execPath}" "${own('dist/cli/cli.cjs')}"`)
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { status, output: stdout + stderr }
}

// The blocks are for a POSIX shell.
describe.skipIf(process.platform === 'win32')('the first page, followed step by step', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(own('.'), join(folder, 'node_modules/express-smile-id'), 'junction')
    symlinkSync(own('node_modules/express'), join(folder, 'node_modules/express'), 'junction')
    port = await freePort()
    writeFileSync(join(folder, 'server.mjs'), only('js', 'express()').replace('3000', String(port)))
    writeFileSync(join(folder, '.env'), only('ini'))
    const [, ...args] = only('sh', 'server.mjs').trim().split(' ')
    // What is set already would win over the file.
    server = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [server.stdout, server.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
    await vi.waitFor(() => expect(said).toContain('listening'), { timeout: 30_000 })
  })

  afterAll(() => {
    server?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a sample callback is handled', async () => {
    const { status, output } = shell(only('sh', 'account_id=acc-1'))
    expect(output).toContain('{"received":true}')
    expect(status).toBe(0)
    await vi.waitFor(() => expect(said).toContain('open the account acc-1'), { timeout: 30_000 })
  })

  test('a forgery is not', async () => {
    const { status, output } = shell(only('sh', 'a-wrong-key'))
    expect(output).toContain('401')
    expect(output).toContain('signature_mismatch')
    expect(status).toBe(1)
    await vi.waitFor(() => expect(said).toContain('signature_mismatch'), { timeout: 30_000 })
  })

  test('more callbacks by hand, by the command line and by curl', async () => {
    const [byCommand, byCurl] = blocks.filter(
      ({ file, section, code }) =>
        file === 'src/cli/README.md' && section === 'By hand' && code.includes('localhost:3000'),
    )
    expect(shell(byCommand!.code).output).toContain('9 of 9 accepted')
    expect(shell(byCurl!.code).output).toContain('{"received":true}')
    await vi.waitFor(() => expect(said).toContain('open the account acc-2'), { timeout: 30_000 })
    expect(said).toMatch(/ask for another document \S+ \w+/)
  })

  test('without its address or its key the server takes nothing from this machine', () => {
    const run = (env: string) => {
      writeFileSync(join(folder, 'other.env'), env)
      return spawnSync(
        process.execPath,
        [
          '--env-file=other.env',
          '--input-type=module',
          '-e',
          `${only('js', 'express()').replace(/^app\.listen.*$/m, '')}
        const report = await callbacks.receive({ method: 'POST', headers: {}, body: '', clientIp: '127.0.0.1' })
        console.log(report.code)`,
        ],
        { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
      )
    }
    expect(run(only('ini').replace(/^NODE_ENV.*$/m, '')).stdout).toContain('ip_not_allowed')
    expect(run('NODE_ENV=development').stderr).toContain('Is the environment variable set?')
  })

  test('inspect prints what the page shows', () => {
    const shown = blocks.find(({ language, code }) => language === 'text' && code.includes('partner_id_zeros'))!.code
    const { headers, body } = signDelivery({
      generation: 'v3',
      credential: { partnerId: '085', apiKey: 'try-it-out' },
      payload: { status: 'clear', product: 'document_verification' },
      jobId: 'job-1',
    })
    writeFileSync(join(folder, 'capture.json'), JSON.stringify({ method: 'POST', headers, body }))
    const { output } = shell('npx express-smile-id inspect capture.json --partner-id 85 --api-key try-it-out')
    const lines = shown.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '…')
    expect(lines.filter((line) => !output.includes(line))).toEqual([])
  })
})
