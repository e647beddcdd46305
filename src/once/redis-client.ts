import { SmileIdConfigError } from '../errors.ts'
import type { RedisCommand } from './redis-durability.ts'

/** What is used of a node-redis client, cluster or pool (`redis` 4 or newer). */
export interface NodeRedisLike {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** What is used of an ioredis client or cluster (`ioredis` 5 or newer). */
export interface IoRedisLike {
  eval(script: string, numberOfKeys: number, ...rest: string[]): Promise<unknown>
  evalsha(sha: string, numberOfKeys: number, ...rest: string[]): Promise<unknown>
}

/** One way to talk to either client. */
export interface Sender {
  /** Runs a script on one key, by its digest or in full. */
  readonly send: (form: 'sha' | 'source', text: string, key: string, args: string[]) => Promise<unknown>
  /** Rejects where the client cannot send such a command. */
  readonly command: RedisCommand
}

/** @throws SmileIdConfigError `store_invalid` if it is a client of neither package, or one that only takes callbacks */
export function sender(client: unknown): Sender {
  const nodeRedis = promisingNodeRedis(client)
  if (nodeRedis) {
    return {
      send: (form, text, key, args) => nodeRedis[form === 'sha' ? 'evalSha' : 'eval'](text, { keys: [key], arguments: args }),
      command: async (...args) => nodeRedis.sendCommand?.(args),
    }
  }
  if (isIoRedis(client)) {
    return {
      send: (form, text, key, args) => (form === 'sha' ? client.evalsha(text, 1, key, ...args) : client.eval(text, 1, key, ...args)),
      command: async (...args) => client.call?.(...args),
    }
  }
  throw new SmileIdConfigError('store_invalid', 'redisStore takes a client of the package redis or ioredis: of redis 4 or newer, and client itself, not client.legacy().')
}

type NodeRedis = NodeRedisLike & { sendCommand?(args: string[]): Promise<unknown>; connect?: unknown; options?: { legacyMode?: boolean }; v4?: NodeRedis }
type IoRedis = IoRedisLike & { call?(...args: string[]): Promise<unknown> }

/** The client as it promises; in version 4 one in legacy mode has another beside it that does. */
function promisingNodeRedis(given: unknown): NodeRedis | undefined {
  const client = given as NodeRedis | null | undefined
  if (typeof client?.evalSha !== 'function') return undefined
  if (client.options?.legacyMode === true) return client.v4
  // What `client.legacy()` of version 5 gives sends commands, and cannot connect.
  return typeof client.sendCommand === 'function' && typeof client.connect !== 'function' ? undefined : client
}

// Others have an `evalsha`, too, such as `redis` 3, which calls back: `defineCommand` is ioredis's own.
const isIoRedis = (client: unknown): client is IoRedis =>
  typeof (client as Partial<IoRedis> | null | undefined)?.evalsha === 'function' && typeof (client as { defineCommand?: unknown }).defineCommand === 'function'
