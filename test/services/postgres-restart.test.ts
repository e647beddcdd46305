import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../src/once/postgres.ts'
import { freePort, survivesRestart } from '../support/restart.ts'

// A Postgres of its own, as that of the other tests must not go down.
const bin = findServer()
// It refuses to run as root.
const user: { uid?: number; gid?: number } | undefined = userInfo().uid === 0 ? idOf('postgres') : {}
const canRun = bin !== undefined && user !== undefined
if (!canRun) process.stderr.write('\nNOTICE: no PostgreSQL server on this machine: the test that restarts one is SKIPPED.\n')

describe.skipIf(!canRun)('Postgres killed and started again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-postgres-'))
  let port = 0
  let server: ChildProcess
  const start = async () => {
    server = spawn(join(bin!, 'postgres'), ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder], { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
    for await (const chunk of server.stderr!) if (String(chunk).includes('ready to accept connections')) break
    server.stderr!.resume()
  }
  const kill = async () => {
    const exited = once(server, 'exit')
    // Immediate shutdown: no checkpoint, as after a crash; its log is replayed at the next start.
    server.kill('SIGQUIT')
    await exited
  }
  beforeAll(async () => {
    if (user?.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
    const made = spawnSync(join(bin!, 'initdb'), ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'], { ...user, encoding: 'utf8' })
    expect(made.status, made.stderr).toBe(0)
    port = await freePort()
    await start()
  }, 60_000)
  afterAll(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is answered 503 meanwhile, and forgets neither what is done nor what is claimed', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
    pool.on('error', () => undefined)
    try {
      await survivesRestart(postgresStore(pool), { kill, start })
    } finally {
      await pool.end()
    }
  }, 60_000)
})

function findServer(): string | undefined {
  const versions = '/usr/lib/postgresql'
  const packaged = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []
  return [...packaged, ...(process.env['PATH'] ?? '').split(':')].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function idOf(name: string): { uid: number; gid: number } | undefined {
  const ids = (['-u', '-g'] as const).map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || Number.NaN))
  const [uid, gid] = ids
  return uid !== undefined && gid !== undefined && ids.every(Number.isInteger) ? { uid, gid } : undefined
}
