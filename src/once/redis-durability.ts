/** What a Redis server says of how it keeps data; `undefined` where it would not say. */
export interface RedisDurability {
  /** True if keys that expire may be dropped before their time, for want of memory. */
  evicts: boolean | undefined
  /** `aof`: every write is logged. `snapshots`: now and then. `none`: a restart forgets everything. */
  keeps: 'aof' | 'snapshots' | 'none' | undefined
}

/** Sends one command, such as `('INFO', 'memory')`, and resolves to its reply as the client reads it. */
export type RedisCommand = (...args: string[]) => Promise<unknown>

/** Asks a Redis server how durable it is. Never rejects: managed servers refuse `CONFIG`, some roles `INFO`, too. */
export async function redisDurability(command: RedisCommand): Promise<RedisDurability> {
  const ask = async (...args: string[]): Promise<string> => command(...args).then(asText, () => '')
  const [info, config] = await Promise.all([ask('INFO'), ask('CONFIG', 'GET', 'save')])
  const fact = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const policy = fact('maxmemory_policy')
  const aof = fact('aof_enabled')
  // The reply is the name and its value: an empty value is no schedule, and no reply is a refusal.
  const schedule = /^save(?:,(.*))?$/.exec(config)
  return {
    evicts: policy === undefined ? undefined : policy !== 'noeviction' && fact('maxmemory') !== '0',
    keeps: aof === undefined ? undefined : aof === '1' ? 'aof' : schedule === null ? undefined : schedule[1] ? 'snapshots' : 'none',
  }
}

// Buffers, lists of them, and the maps and objects of RESP 3 are replies, too.
function asText(reply: unknown): string {
  if (typeof reply === 'string') return reply
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString()
  if (Array.isArray(reply) || reply instanceof Map) return [...reply].map(asText).join(',')
  return typeof reply === 'object' && reply !== null ? Object.entries(reply).map(asText).join(',') : ''
}

/** A sentence for the log, with its fix; one `topic` is said once. */
export interface DurabilityWarning {
  topic: string
  message: string
}

/** None for a Redis that keeps what it was told, or would not say. `loss` is what happens then, such as `stored events are lost`. */
export function durabilityWarnings({ evicts, keeps }: RedisDurability, loss: string): DurabilityWarning[] {
  const warnings: DurabilityWarning[] = []
  if (evicts === true) warnings.push({ topic: 'redis_evicts', message: `This Redis drops keys when its memory is full: ${loss}. Set maxmemory-policy noeviction.` })
  if (keeps === 'none' || keeps === 'snapshots') {
    const when = keeps === 'none' ? 'keeps nothing on disk: after a restart' : 'writes to disk now and then only: after a crash'
    warnings.push({ topic: 'redis_not_persistent', message: `This Redis ${when} ${loss}. Set appendonly yes, and appendfsync always to keep the last second, too.` })
  }
  return warnings
}
