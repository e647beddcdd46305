import { createHash } from 'node:crypto'
import type { OnceStore, Reservation } from './store.ts'

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

/** How `redisStore` names its keys. */
export interface RedisStoreOptions {
  /** Goes before every key. Default: `smile-id:`. */
  prefix?: string | undefined
}

interface Script {
  readonly source: string
  readonly sha: string
}

const script = (source: string): Script => ({ source, sha: createHash('sha1').update(source).digest('hex') })

// One key per event: `claim:<owner>` until the lease ends, then `done` until the ttl does. Redis itself drops both.
const reserve = script(`if redis.call('SET', KEYS[1], 'claim:' .. ARGV[1], 'PX', ARGV[2], 'NX') then return 'reserved' end
if redis.call('GET', KEYS[1]) == 'done' then return 'done' end
return 'in_progress'`)

const complete = script(`if redis.call('GET', KEYS[1]) ~= 'claim:' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
return 1`)

const release = script(`if redis.call('GET', KEYS[1]) ~= 'claim:' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)

const forget = script(`return redis.call('DEL', KEYS[1])`)

/**
 * A store in Redis, for any number of processes: one key per event, each call one atomic script.
 * Takes a connected node-redis or ioredis client, which stays yours to close. Redis has to keep what it was told:
 * no eviction of these keys, and persistence if a restart of Redis must not forget.
 * @throws TypeError for what is no such client
 */
export function redisStore(client: NodeRedisLike | IoRedisLike, { prefix = 'smile-id:' }: RedisStoreOptions = {}): OnceStore {
  const send = sender(client)
  const run = async ({ source, sha }: Script, id: string, ...args: string[]): Promise<unknown> => {
    try {
      return await send('sha', sha, prefix + id, args)
    } catch (error) {
      if (!isNoScript(error)) throw error
      return send('source', source, prefix + id, args)
    }
  }
  return {
    reserve: async (id, { owner, leaseMs }) => (await run(reserve, id, owner, wholeMs(leaseMs))) as Reservation,
    complete: async (id, { owner, ttlMs }) => (await run(complete, id, owner, wholeMs(ttlMs))) === 1,
    release: async (id, { owner }) => (await run(release, id, owner)) === 1,
    forget: async (id) => (await run(forget, id)) === 1,
  }
}

type Send = (form: 'sha' | 'source', text: string, key: string, args: string[]) => Promise<unknown>

function sender(client: NodeRedisLike | IoRedisLike): Send {
  if (isNodeRedis(client)) {
    return (form, text, key, args) => (form === 'sha' ? client.evalSha(text, { keys: [key], arguments: args }) : client.eval(text, { keys: [key], arguments: args }))
  }
  // JavaScript users are not held by the type.
  if (typeof (client as Partial<IoRedisLike> | null | undefined)?.evalsha === 'function') {
    return (form, text, key, args) => (form === 'sha' ? client.evalsha(text, 1, key, ...args) : client.eval(text, 1, key, ...args))
  }
  throw new TypeError('redisStore takes a client of the package redis or ioredis.')
}

const isNodeRedis = (client: unknown): client is NodeRedisLike => typeof (client as Partial<NodeRedisLike> | null | undefined)?.evalSha === 'function'

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

const wholeMs = (ms: number): string => String(Math.max(1, Math.ceil(ms)))
