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
  /** At once, as after a crash. */
  kill(): Promise<void>
  /** Ends it for good. */
  remove(): Promise<void>
}

const notice = (what: string) => process.stderr.write(`\nNOTICE: no ${what} server on this machine: the tests that restart one are SKIPPED.\n`)

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedisServer) notice('Redis')

/** A Redis that keeps every write on disk, unless its settings say otherwise. It has to be started. */
export async function ownRedis(settings: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-redis-'))
  const port = await freePort()
  return server(folder, port, 'SIGKILL', async () => {
    const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings], { stdio: ['ignore', 'pipe', 'ignore'] })
    for await (const chunk of child.stdout) if (String(chunk).includes('Ready to accept connections')) break
    return child
  })
}

const bin = findPostgres()
// It refuses to run as root.
const user: { uid?: number; gid?: number } | undefined = userInfo().uid === 0 ? idOf('postgres') : {}
export const hasPostgresServer = bin !== undefined && user !== undefined
if (!hasPostgresServer) notice('Postgres')

/** A new Postgres whose user is `postgres`, without a password. It has to be started. */
export async function ownPostgres(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-postgres-'))
  if (user?.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const made = spawnSync(join(bin!, 'initdb'), ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'], { ...user, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  const port = await freePort()
  // Immediate shutdown: no checkpoint, as after a crash; its log is replayed at the next start.
  return server(folder, port, 'SIGQUIT', async () => {
    const child = spawn(join(bin!, 'postgres'), ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder], { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
    for await (const chunk of child.stderr) if (String(chunk).includes('ready to accept connections')) break
    child.stderr.resume()
    return child
  })
}

function server(folder: string, port: number, signal: NodeJS.Signals, start: () => Promise<ChildProcess>): OwnServer {
  let child: ChildProcess | undefined
  const kill = async () => {
    if (!child) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    child = undefined
  }
  return {
    port,
    start: async () => void (child = await start()),
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
