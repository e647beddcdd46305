// A Redis and a Postgres of one's own on free ports, to be killed and started again: those of other tests must not go down.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.mjs'
import { missing } from './missing.mjs'

/** Programs of Debian's packages; their folder is not on every user's PATH. */
const findProgram = (name) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/lib/rabbitmq/bin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
/** Asked for by the tests that use them alone: other tests do without. */
export const queueServers = {
  rabbit: () => findProgram('rabbitmq-server') !== undefined || (missing('rabbitmq-server (the program)'), false),
  nats: () => findProgram('nats-server') !== undefined || (missing('nats-server (the program)'), false),
}

const bin = findPostgres()
// It refuses to run as root.
const user = userInfo().uid === 0 ? idOf('postgres') : {}

export const hasPostgresServer = bin !== undefined && user !== undefined
export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0
for (const [name, isThere] of [
  ['postgres (the program)', hasPostgresServer],
  ['redis-server (the program)', hasRedisServer],
]) {
  if (!isThere) missing(name)
}

/** Starts it, and gives a handle on it; by default one that keeps every write. */
export async function ownRedis(settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']) {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings]
  const run = () => spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  return handle({
    run,
    output: 'stdout',
    ready: 'Ready to accept connections',
    signal: 'SIGKILL',
    folder,
    port,
    url: `redis://127.0.0.1:${port}`,
  })
}

/** Three masters of a Redis Cluster, and so many replicas of each, which keep nothing on disk. */
export async function ownRedisCluster(replicas = 0) {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--appendonly', 'no', '--save', '']
  const servers = await Promise.all(
    Array.from({ length: 3 * (1 + replicas) }, () => ownRedis([...settings, '--repl-diskless-sync-delay', '0'])),
  )
  const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const all = nodes.map(({ host, port }) => `${host}:${port}`)
  const create = ['--cluster', 'create', ...all, '--cluster-replicas', String(replicas), '--cluster-yes']
  const made = spawnSync('redis-cli', create, { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`the cluster was not made: ${made.stdout}${made.stderr}`)
  return {
    nodes,
    kill: (port) => servers.find((server) => server.port === port).kill(),
    remove: () => Promise.all(servers.map((server) => server.remove())),
  }
}

/** A Redis that keeps nothing on disk, its replica, and a Sentinel that knows it as `mymaster`. */
export async function ownSentinel() {
  const master = await ownRedis(['--appendonly', 'no', '--save', ''])
  const replica = await ownRedis([
    '--appendonly',
    'no',
    '--save',
    '',
    '--replicaof',
    '127.0.0.1',
    String(master.port),
    '--repl-diskless-sync-delay',
    '0',
  ])
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-sentinel-'))
  const port = await freePort()
  const settings = join(folder, 'sentinel.conf')
  writeFileSync(
    settings,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor mymaster 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 5000\n`,
  )
  const run = () => spawn('redis-server', [settings, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const sentinel = await handle({
    run,
    output: 'stdout',
    ready: '+monitor master',
    signal: 'SIGKILL',
    folder,
    port,
    url: `redis://127.0.0.1:${port}`,
  })
  return {
    sentinels: [{ host: '127.0.0.1', port }],
    master: master.port,
    replica: replica.port,
    kill: () => master.kill(),
    remove: () => Promise.all([sentinel, replica, master].map((server) => server.remove())),
  }
}

/** A RabbitMQ of its own name, data and ports. It refuses to run as another user than root or its own. */
export async function ownRabbit() {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-rabbit-'))
  const rabbit = userInfo().uid === 0 ? idOf('rabbitmq') : {}
  if (rabbit?.uid !== undefined) chownSync(folder, rabbit.uid, rabbit.gid)
  const [port, distribution] = [await freePort(), await freePort()]
  const at = (name) => join(folder, name)
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_NODENAME: `smile${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: at('none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('none.config'),
    RABBITMQ_CONF_ENV_FILE: at('none.env'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
    RABBITMQ_PID_FILE: at('pid'),
  }
  const run = () =>
    spawn('/usr/lib/rabbitmq/bin/rabbitmq-server', [], {
      ...rabbit,
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
  return handle({
    run,
    output: 'stdout',
    ready: 'Server startup complete',
    signal: 'SIGKILL',
    group: true,
    folder,
    port,
    url: `amqp://127.0.0.1:${port}?heartbeat=5`,
  })
}

/** A NATS server with JetStream on disk, which takes callbacks of 1.5 MB. */
export async function ownNats() {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-nats-'))
  const port = await freePort()
  const settings = join(folder, 'nats-server.conf')
  writeFileSync(
    settings,
    `listen: 127.0.0.1:${port}\nmax_payload: 4MB\njetstream: { store_dir: ${JSON.stringify(folder)} }\n`,
  )
  const run = () => spawn(findProgram('nats-server'), ['-c', settings], { stdio: ['ignore', 'ignore', 'pipe'] })
  return handle({
    run,
    output: 'stderr',
    ready: 'Server is ready',
    signal: 'SIGKILL',
    folder,
    port,
    url: `nats://127.0.0.1:${port}`,
  })
}

/** The same for Postgres. `settings`: lines of its configuration, such as `default_transaction_isolation=serializable`. */
export async function ownPostgres(settings = []) {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-postgres-'))
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '--locale=C', '--encoding=UTF8'],
    { ...user, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '-k',
    folder,
    ...settings.flatMap((one) => ['-c', one]),
  ]
  const run = () => spawn(join(bin, 'postgres'), args, { ...user, stdio: ['ignore', 'ignore', 'pipe'] })
  // SIGQUIT: no checkpoint, as after a crash; the log is replayed at the next start.
  return handle({
    run,
    output: 'stderr',
    ready: 'ready to accept connections',
    signal: 'SIGQUIT',
    folder,
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
  })
}

/** `group`: a script that starts the server as a child of its own. */
async function handle({ run, output, ready, signal, group = false, folder, port, url }) {
  let server
  const start = async () => {
    server = run()
    let said = ''
    for await (const chunk of server[output].iterator({ destroyOnReturn: false })) {
      said += chunk
      if (said.includes(ready)) break
    }
    if (!said.includes(ready)) throw new Error(`it did not start: ${said}`)
    server[output].resume()
  }
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    if (group) process.kill(-server.pid, signal)
    else server.kill(signal)
    await exited
  }
  const remove = async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }
  await start()
  return { port, url, start, kill, remove }
}

function findPostgres() {
  const versions = '/usr/lib/postgresql'
  const packaged = existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : []
  return [...packaged, ...(process.env.PATH ?? '').split(':')].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
}

function idOf(name) {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || NaN),
  )
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined
}
