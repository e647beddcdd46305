import { hearFailure, withTimeout } from '../../lib/promises.ts'
import { codeOfError } from '../../lib/words.ts'
import { warnOfSilence } from '../hear-errors.ts'

/** How long a call may go unanswered before its connections are pinged, and how long a ping may, ms. */
const replyMs = 2_000
const pingMs = 1_000

/** One connection of a client, of either package. */
interface ConnectionLike {
  ping?(): Promise<unknown>
  /** ioredis: its socket. A client whose socket ends connects again by itself. */
  stream?: { destroy(): unknown }
  status?: string
  /** node-redis. */
  isReady?: boolean
  /** node-redis 5 or newer; before, `disconnect`. */
  destroy?(): unknown
  disconnect?(): unknown
  connect?(): Promise<unknown>
}

interface ClusterLike {
  /** ioredis. */
  nodes?: unknown
  /** node-redis. */
  masters?: Iterable<{ client?: unknown }>
  replicas?: Iterable<{ client?: unknown }>
  sendCommand?(key: undefined, isReadonly: boolean, args: string[]): Promise<unknown>
}

/**
 * Replaces connections that died in silence: no reset ever comes from a host that is gone. Where a call gets no reply
 * in time each connection is pinged, and those that leave that unanswered, too, are dropped. Gives back the call.
 */
export function silenceWatch(client: () => unknown): <T>(call: Promise<T>, key?: string) => Promise<T> {
  let isPinging = false
  const pingAll = async (key?: string, isReplica?: boolean) => {
    if (isPinging) return
    isPinging = true
    if (key) hearFailure(askAnother(await client(), key))
    const connections = await connectionsOf(await client())
    await Promise.all(connections.map((one) => dropIfSilent(one, isReplica))).finally(() => (isPinging = false))
  }
  return (call, key) => {
    const timer: Partial<NodeJS.Timeout> = setTimeout(() => hearFailure(pingAll(key)), replyMs)
    timer.unref?.()
    const stop = (error?: unknown) => {
      clearTimeout(timer as NodeJS.Timeout)
      // A server that became a replica stays one: a new connection may find the master.
      if (codeOfError(error) === 'READONLY') hearFailure(pingAll(undefined, true))
    }
    call.then(() => stop(), stop)
    return call
  }
}

/**
 * A cluster of node-redis 5 looks for the new master only when a node sends it there: one that is gone never does, any
 * other one does.
 */
async function askAnother(client: unknown, key: string): Promise<void> {
  const cluster = client as ClusterLike
  if (cluster.masters) await cluster.sendCommand?.(undefined, false, ['GET', key])
}

async function connectionsOf(client: unknown): Promise<ConnectionLike[]> {
  const { nodes, masters, replicas } = client as ClusterLike
  if (typeof nodes === 'function') return (nodes as (role: string) => ConnectionLike[]).call(client, 'all')
  if (!masters) return [client as ConnectionLike]
  const open = await Promise.all([...masters, ...(replicas ?? [])].map((node) => node.client))
  return open.filter(Boolean) as ConnectionLike[]
}

async function dropIfSilent(connection: ConnectionLike, isReplica = false): Promise<void> {
  // One that is connecting has its own time-out for that.
  if (connection.status !== 'ready' && connection.isReady !== true) return
  const boxed = isReplica || (await withTimeout(async () => connection.ping?.(), pingMs))
  if (boxed !== true && (!('failed' in boxed) || boxed.failed !== 'timeout')) return
  if (connection.stream) connection.stream.destroy()
  else {
    await (connection.destroy ?? connection.disconnect)?.call(connection)
    await connection.connect?.()
  }
}

interface Timeout {
  socketTimeout?: unknown
}

/** Warns where a client, or the options of one, has no time-out, and it can be seen. */
export function checkTimeouts(client: unknown, name: string, warn: (message: string) => void, timeoutMs = 3_000): void {
  const given = client as { evalSha?: unknown; isReady?: boolean; destroy?: unknown; options?: unknown }
  const { evalSha, isReady, destroy, options = evalSha ? undefined : client } = given
  // Clusters, pools and Sentinel clients of node-redis show no options.
  if (options === undefined || 'masters' in given) return
  // A cluster of ioredis has them in redisOptions, node-redis in socket.
  const { socketTimeout, redisOptions, socket } = options as Timeout & { redisOptions?: Timeout; socket?: Timeout }
  if ((socketTimeout ?? redisOptions?.socketTimeout ?? socket?.socketTimeout) !== undefined) return
  if (isReady === undefined) warnOfSilence(name, `socketTimeout: ${timeoutMs}`, warn)
  // redis 4 has no such option.
  else if (typeof destroy === 'function')
    warnOfSilence(name, 'socket: { socketTimeout: 10_000 }, pingInterval: 3_000', warn)
}
