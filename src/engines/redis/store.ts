import { createHash } from 'node:crypto'
import { checkOptions, type ChecksOf, nonEmptyString } from '../../lib/check.ts'
import { type ConnectionErrors, trackConnectionErrors } from '../hear-errors.ts'
import { durabilityCheck, type IoRedisLike, type NodeRedisLike, sender } from './client.ts'
import { checkTimeouts, silenceWatch } from './silence.ts'
import type { OnceStore, Reservation, StoreUser } from '../../once/store.ts'

export type { IoRedisLike, NodeRedisLike }

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** Prefix of every key. Default: `smile-id:`. */
  readonly prefix?: string | undefined
}

const checks = { prefix: nonEmptyString('smile-id:', 'store_invalid') } satisfies ChecksOf<RedisStoreOptions>

const script = (source: string) => ({ source, sha: createHash('sha1').update(source).digest('hex') })

// One key per event: `claim:<owner>` until the lease ends, then `done` until the ttl ends. Redis drops both by itself.
// Another word is a newer version's: the caller refuses it as an answer, and it stays.
const reserve = script(`local held = redis.call('GET', KEYS[1])
if held and held:sub(1, 6) ~= 'claim:' then return held end
if held and held ~= 'claim:' .. ARGV[1] then return 'in_progress' end
redis.call('SET', KEYS[1], 'claim:' .. ARGV[1], 'PX', ARGV[2])
return 'reserved'`)

const complete = script(`if redis.call('GET', KEYS[1]) ~= 'claim:' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
return 1`)

const note = script(`return redis.call('SET', KEYS[1], 'done', 'PX', ARGV[1], 'NX') and 1 or 0`)

const release = script(`if redis.call('GET', KEYS[1]) ~= 'claim:' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)

const forget = script(`return redis.call('DEL', KEYS[1])`)

/**
 * Keeps claims in Redis, for any number of processes: one key per event, each call one atomic script. Takes a connected
 * node-redis or ioredis client, which you close yourself. Redis must keep its data: no eviction of these keys, and
 * persistence if a restart of Redis must not lose them.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { redisStore } from 'express-smile-id/redis'
 *
 * const callbacks = smileIdCallbacks({ credentials, store: redisStore(redis) })
 * @throws SmileIdConfigError `store_invalid` if it gets another client, or options that cannot work
 */
export function redisStore(client: NodeRedisLike | IoRedisLike, options?: RedisStoreOptions): OnceStore {
  const { prefix } = checkOptions(options, checks)
  const { send } = sender(client)
  const watched = silenceWatch(() => client)
  const users = new Set<StoreUser>()
  let heard: ConnectionErrors | undefined
  const checkOnce = durabilityCheck(
    () => client,
    'events that were handled are forgotten, and repeats of them are handled again',
    (...said) => users.forEach((user) => user.warn(...said)),
  )
  // Clients return strings, Buffers, numbers, or numbers as strings, depending on their settings.
  const run = async ({ source, sha }: ReturnType<typeof script>, id: string, ...args: string[]): Promise<string> => {
    const key = prefix + id
    const reply = await watched(send('sha', sha, key, args), key).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return watched(send('source', source, key, args), key)
    })
    heard?.forget()
    return String(reply)
  }
  return {
    async reserve(id, { owner, leaseMs }) {
      if (users.size > 0) checkOnce()
      return (await run(reserve, id, owner, wholeMs(leaseMs))) as Reservation
    },
    complete: async (id, { owner, ttlMs }) => (await run(complete, id, owner, wholeMs(ttlMs))) === '1',
    note: async (id, { ttlMs }) => (await run(note, id, wholeMs(ttlMs))) === '1',
    release: async (id, { owner }) => (await run(release, id, owner)) === '1',
    forget: async (id) => (await run(forget, id)) === '1',
    attach(user) {
      users.add(user)
      const name = "store's Redis client"
      heard = trackConnectionErrors(client, name, users)
      checkTimeouts(client, name, (message) => user.warn('redis_no_timeout', message))
    },
    connectionError: () => heard?.last,
  }
}

const wholeMs = (ms: number): string => String(Math.max(1, Math.ceil(ms)))
