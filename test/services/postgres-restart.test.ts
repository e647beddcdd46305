import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smileIdCallbacks } from '../../src/index.ts'
import { postgresStore } from '../../src/once/postgres.ts'
import { senderIp, testOptions, v1Delivery, v1Payload } from '../support/deliveries.ts'

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
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    probe.close()
    await once(probe, 'close')
    await start()
  }, 60_000)
  afterAll(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })

  const delivery = (job: string) => ({ ...v1Delivery({ payload: { ...v1Payload, PartnerParams: { ...v1Payload.PartnerParams, job_id: job } } }), clientIp: senderIp })

  it('is answered 503 meanwhile, and forgets neither what is done nor what is claimed', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
    pool.on('error', () => undefined)
    try {
      const callbacks = smileIdCallbacks({ ...testOptions, store: postgresStore(pool), storeTimeout: 2_000 })
      const handler = vi.fn()
      let open = () => undefined as unknown
      callbacks.onJob('done', handler)
      callbacks.onJob('slow', () => new Promise((resolve) => (open = () => resolve(undefined))))
      callbacks.onJob('new', handler)
      expect((await callbacks.receive(delivery('done'))).code).toBe('accepted')
      const slow = callbacks.receive(delivery('slow'))
      await vi.waitFor(async () => expect((await callbacks.receive(delivery('slow'))).code).toBe('in_progress'), 10_000)

      await kill()
      expect(await callbacks.receive(delivery('new'))).toMatchObject({ code: 'store_unavailable', status: 503 })
      await start()

      await vi.waitFor(async () => expect((await callbacks.receive(delivery('done'))).code).toBe('duplicate'), 10_000)
      expect((await callbacks.receive(delivery('slow'))).code).toBe('in_progress')
      open()
      expect(await slow).toMatchObject({ code: 'accepted', claim: { end: 'completed' } })
      expect((await callbacks.receive(delivery('new'))).code).toBe('accepted')
      expect(handler).toHaveBeenCalledTimes(2)
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
