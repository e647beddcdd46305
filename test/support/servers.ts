import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './restart.ts'

/** A server of a test's own, as that of the other tests must not go down. */
export interface OwnServer {
  readonly port: number
  start(): Promise<void>
  /** As a crash would. */
  kill(): Promise<void>
  /** Ends it, and removes what it kept. */
  remove(): Promise<void>
}

const notice = (what: string) => process.stderr.write(`\nNOTICE: no ${what} on this machine: the tests that restart one are SKIPPED.\n`)

const bin = findPostgres()
// It refuses to run as root.
const user: { uid?: number; gid?: number } | undefined = userInfo().uid === 0 ? idOf('postgres') : {}

export const hasPostgresServer = bin !== undefined && user !== undefined
if (!hasPostgresServer) notice('PostgreSQL server')

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedisServer) notice('redis-server')

export async function ownPostgres(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-postgres-'))
  if (user?.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const made = spawnSync(join(bin!, 'initdb'), ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'], { ...user, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  const port = await freePort()
  const run = () => spawn(join(bin!, 'postgres'), ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder], { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
  // Immediate shutdown: no checkpoint, as after a crash; its log is replayed at the next start.
  return server({ folder, port, run, ready: 'ready to accept connections', signal: 'SIGQUIT' })
}

/** By default one that keeps every write. */
export async function ownRedis(settings: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-redis-'))
  const port = await freePort()
  const run = () => spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings], { stdio: ['ignore', 'pipe', 'ignore'] })
  return server({ folder, port, run, ready: 'Ready to accept connections', signal: 'SIGKILL' })
}

interface Making {
  folder: string
  port: number
  run: () => ChildProcess
  /** What it prints once it takes connections. */
  ready: string
  signal: NodeJS.Signals
}

async function server({ folder, port, run, ready, signal }: Making): Promise<OwnServer> {
  let child: ChildProcess
  const start = async () => {
    child = run()
    const output = child.stdout ?? child.stderr!
    for await (const chunk of output) if (String(chunk).includes(ready)) break
    output.resume()
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  await start()
  return {
    port,
    start,
    kill,
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findPostgres(): string | undefined {
  const versions = '/usr/lib/postgresql'
  const packaged = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []
  return [...packaged, ...(process.env['PATH'] ?? '').split(':')].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function idOf(name: string): { uid: number; gid: number } | undefined {
  const ids = (['-u', '-g'] as const).map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || Number.NaN))
  const [uid, gid] = ids
  return uid !== undefined && gid !== undefined && ids.every(Number.isInteger) ? { uid, gid } : undefined
}
