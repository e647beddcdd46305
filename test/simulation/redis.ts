import { createHash } from 'node:crypto'
import { compileFunction } from 'node:vm'
import type { OnceStore } from '../../src/index.ts'
import type { IoRedisLike } from '../../src/engines/redis/store.ts'
import type { Fault, World } from './world.ts'

/** What may happen to a command on its way to Redis: its client sends one again whose reply did not come. */
const faults: readonly Fault[] = [
  'fails before',
  'fails after',
  'is lost',
  'reply lost',
  'late',
  'twice',
  'dies before',
  'dies after',
  'pauses',
  'clock jumps',
  'silence',
]

type Script = (redis: { call: RedisServer['call'] }, keys: readonly string[], args: readonly string[]) => unknown

/** By digest, as `SCRIPT LOAD` would keep them, with the name of what they are for. */
const scripts = new Map<string, { name: string; run: Script }>()

/** A Redis, as far as `redisStore` uses it: each script is atomic, keys end by its own clock. */
export class RedisServer {
  readonly #keys = new Map<string, { value: string; until: number }>()
  readonly #now: () => number
  /** Most keys at once, and the longest times that it was told, ms. */
  readonly most = { keys: 0, claimMs: 0, doneMs: 0 }

  constructor(now: () => number) {
    this.#now = now
  }

  get state(): string {
    return [...this.#keys]
      .map(([key, { value, until }]) => `${key} ${value} ${until}`)
      .sort()
      .join()
  }

  /** One command of a script, as Lua sees its reply: false for a key that is not there. */
  readonly call = (command: string, key: string, value = '', ...[, ms = '0', nx = '']: string[]): unknown => {
    const entry = this.#keys.get(key)
    const held = entry && entry.until > this.#now() ? entry.value : false
    if (held === false) this.#keys.delete(key)
    if (command === 'GET') return held
    if (command === 'DEL') return this.#keys.delete(key) ? 1 : 0
    if (nx !== '' && held !== false) return false
    this.#keys.set(key, { value, until: this.#now() + Number(ms) })
    const kind = value === 'done' ? 'doneMs' : 'claimMs'
    this.most[kind] = Math.max(this.most[kind], Number(ms))
    this.most.keys = Math.max(this.most.keys, this.#keys.size)
    return 'OK'
  }

  run(sha: string, keys: readonly string[], args: readonly string[]): unknown {
    const script = scripts.get(sha)
    if (!script) throw new Error('NOSCRIPT No matching script.')
    return script.run(this, keys, args)
  }
}

/** The little Lua that the scripts are written in, as JavaScript. */
const fromLua = (source: string): Script =>
  compileFunction(
    source
      .replace(/\blocal /g, 'let ')
      .replace(/:sub\(1, (\d+)\)/g, '.slice(0, $1)')
      .replace(/ == /g, ' === ')
      .replace(/~=/g, '!==')
      .replace(/ \.\. /g, ' + ')
      .replace(/ and /g, ' && ')
      .replace(/ or /g, ' || ')
      .replace(/\bif (.*) then (.*) end\b/g, 'if ($1) { $2 }')
      .replace(/\b(KEYS|ARGV)\[1\]/g, '$1[0]')
      .replace(/\bARGV\[2\]/g, 'ARGV[1]'),
    ['redis', 'KEYS', 'ARGV'],
  ) as Script

/** What tells a client of ioredis. */
type Client = IoRedisLike & { defineCommand: () => void }
const defineCommand = () => undefined

/** Has a store run each of its scripts once, so that a Redis knows them: as it does but for the first time. */
export async function learnScripts(redisStore: (client: Client) => OnceStore): Promise<void> {
  const server = new RedisServer(() => 0)
  for (const name of ['reserve', 'complete', 'note', 'release', 'forget'] as const) {
    const store = redisStore({
      defineCommand,
      evalsha: (sha, _n, ...rest) => Promise.resolve().then(() => server.run(sha, rest, [])),
      eval: (source) => {
        scripts.set(createHash('sha1').update(source).digest('hex'), { name, run: fromLua(source) })
        return Promise.resolve(1)
      },
    })
    await store[name]?.('id', { owner: '', leaseMs: 1, ttlMs: 1 })
  }
}

/** A client of ioredis, as a process sees it. */
export function redisClient(world: () => Pick<World, 'call'>, server: () => RedisServer): Client {
  return {
    defineCommand,
    evalsha: (sha, _n, key = '', ...args) =>
      world().call({
        to: 'redis',
        what: `${scripts.get(sha)?.name ?? 'ask'} ${shortId(key.slice('smile-id:'.length))}`,
        faults,
        act: () => server().run(sha, [key], args),
      }),
    eval: () => Promise.reject(new Error('Each script is known.')),
  }
}

/** For a line of a story: `event` or `verdict`, and the first digits of its id. */
export function shortId(id: string): string {
  const [kind, rest] = id.startsWith('verdict:') ? ['verdict', id.slice(8)] : ['event', id]
  return `${kind} ${rest.replaceAll('-', '').slice(0, 6)}`
}
