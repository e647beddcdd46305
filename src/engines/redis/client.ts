import { SmileIdConfigError } from '../../errors.ts'
import { hearFailure } from '../../lib/promises.ts'

/** The members of a node-redis client, cluster or pool (`redis` 4 or newer) that are used. */
export interface NodeRedisLike {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** The members of an ioredis client or cluster (`ioredis` 5 or newer) that are used. */
export interface IoRedisLike {
  eval(script: string, numberOfKeys: number, ...rest: string[]): Promise<unknown>
  evalsha(sha: string, numberOfKeys: number, ...rest: string[]): Promise<unknown>
}

/** A common interface to both clients. */
export interface Sender {
  /** Runs a script on one key, by its digest or in full. */
  readonly send: (form: 'sha' | 'source', text: string, key: string, args: string[]) => Promise<unknown>
  /** Rejects if the client cannot send such a command. */
  readonly command: RedisCommand
}

/** @throws SmileIdConfigError `store_invalid` if it is a client of neither package, or one that only takes callbacks */
export function sender(client: unknown): Sender {
  if (isNodeRedis(client)) {
    const before = (key?: string) => (client.masters ? [key, false] : client.getMasterNode ? [false] : [])
    return {
      // A cluster of version 4 looks for the key in the wrong place, and asks any node.
      send: async (form, text, key, args) =>
        client.masters
          ? client.sendCommand?.(...before(key), [form === 'sha' ? 'EVALSHA' : 'EVAL', text, '1', key, ...args])
          : client[form === 'sha' ? 'evalSha' : 'eval'](text, { keys: [key], arguments: args }),
      command: async (...args) => client.sendCommand?.(...before(), args),
    }
  }
  if (isIoRedis(client)) {
    return {
      send: (form, text, key, args) => client[form === 'sha' ? 'evalsha' : 'eval'](text, 1, key, ...args),
      command: async (...args) => client.call?.(...args),
    }
  }
  throw new SmileIdConfigError(
    'store_invalid',
    'redisStore takes a client of the package redis or ioredis: of redis 4 or newer, and not in legacy mode.',
  )
}

type NodeRedis = NodeRedisLike & {
  /** A cluster wants the first key and whether it only reads before the arguments, a Sentinel client the latter. */
  sendCommand?(...args: unknown[]): Promise<unknown>
  /** Present on a cluster. */
  masters?: unknown
  /** Present on a Sentinel client. */
  getMasterNode?: unknown
  connect?: unknown
  options?: { legacyMode?: boolean }
}
type IoRedis = IoRedisLike & { call?(...args: string[]): Promise<unknown> }

/** False for one whose methods take callbacks instead of returning promises. */
function isNodeRedis(given: unknown): given is NodeRedis {
  const { evalSha, options, sendCommand, connect } = (given ?? {}) as Partial<NodeRedis>
  // `client.legacy()` of version 5 returns an object that sends commands and cannot connect.
  const isLegacy = options?.legacyMode === true || (typeof sendCommand === 'function' && typeof connect !== 'function')
  return typeof evalSha === 'function' && !isLegacy
}

// Others, such as `redis` 3, have an `evalsha` that takes a callback; only ioredis has `defineCommand`.
const isIoRedis = (client: unknown): client is IoRedis =>
  typeof (client as Partial<IoRedis> | null | undefined)?.evalsha === 'function'
  && typeof (client as { defineCommand?: unknown }).defineCommand === 'function'

/** How durably a Redis server keeps data; `undefined` if it does not say. */
interface RedisDurability {
  /** True if keys may be evicted before they expire, for lack of memory. */
  evicts: boolean | undefined
  /** `aof`: every write is logged. `snapshots`: from time to time. `none`: a restart loses everything. */
  keeps: 'aof' | 'snapshots' | 'none' | undefined
}

/** Sends one command, such as `('INFO', 'memory')`, and resolves to its reply as the client parses it. */
type RedisCommand = (...args: string[]) => Promise<unknown>

/** Asks a Redis server how durable it is. Never rejects: managed servers refuse `CONFIG`, and some roles `INFO`. */
export async function redisDurability(command: RedisCommand): Promise<RedisDurability> {
  const ask = async (...args: string[]): Promise<string> => command(...args).then(asText, () => '')
  const [info, config] = await Promise.all([ask('INFO'), ask('CONFIG', 'GET', 'save')])
  const fact = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const policy = fact('maxmemory_policy')
  const aof = fact('aof_enabled')
  // The reply is the name and its value: an empty value means no schedule, and no reply a refusal.
  const schedule = /^save(?:,(.*))?$/.exec(config)
  return {
    evicts: policy === undefined ? undefined : policy !== 'noeviction' && fact('maxmemory') !== '0',
    keeps:
      aof === undefined
        ? undefined
        : aof === '1'
          ? 'aof'
          : schedule === null
            ? undefined
            : schedule[1]
              ? 'snapshots'
              : 'none',
  }
}

// Replies may also be Buffers, arrays of them, and the maps and objects of RESP 3.
function asText(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString()
  if (Array.isArray(reply) || reply instanceof Map) return [...reply].map(asText).join(',')
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).map(asText).join(',') : ''
}

/**
 * Sentences for the log, with their fix; each `topic` is logged once. None for a Redis that keeps its data, or does not
 * say. `loss` is the consequence, such as `stored events are lost`.
 */
export function durabilityWarnings({ evicts, keeps }: RedisDurability, loss: string) {
  const warnings: { topic: string; message: string }[] = []
  if (evicts === true)
    warnings.push({
      topic: 'redis_evicts',
      message: `This Redis drops keys when its memory is full: ${loss}. Set maxmemory-policy noeviction.`,
    })
  if (keeps === 'none' || keeps === 'snapshots') {
    const when =
      keeps === 'none'
        ? 'keeps nothing on disk: after a restart'
        : 'writes to disk only from time to time: after a crash'
    warnings.push({
      topic: 'redis_not_persistent',
      message: `This Redis ${when} ${loss}. Set appendonly yes, and appendfsync always to keep the last second as well.`,
    })
  }
  return warnings
}

/** Returns a function that asks once if a client's Redis keeps its data. Fails silently: not every Redis tells. */
export function durabilityCheck(
  client: () => unknown,
  loss: string,
  warn: (topic: string, message: string) => void,
): () => void {
  let isAsked = false
  const ask = async () => {
    const { command } = sender(await client())
    for (const { topic, message } of durabilityWarnings(await redisDurability(command), loss)) warn(topic, message)
  }
  return () => {
    if (!isAsked) hearFailure(ask())
    isAsked = true
  }
}
