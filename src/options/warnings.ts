import { duration } from '../lib/words.ts'
import type { Config } from '../receive/config.ts'
import type { Log } from '../report/log.ts'

/** Warns of options that can work but look wrong. `env` is the environment of the process. */
export function warnOf(
  { age }: Config,
  isDefaultStore: boolean,
  log: Log,
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  if (age.maxAge < 60_000)
    log.setUp(
      'max_age_short',
      `maxAge is ${duration(age.maxAge)}: it is in ms, and was probably set in seconds. Genuine callbacks would be refused; an hour is 60 * 60_000, the default.`,
    )
  if (isDefaultStore && isOneOfMany(env))
    log.setUp(
      'memory_store_many_processes',
      'This process is one of several, and the default store is for a single process: an event may be handled once in each. Use redisStore or postgresStore.',
    )
}

// By name where it runs: hosts other than Node have no such module. pm2 tells how many it starts, by either way.
function isOneOfMany({ pm_id: pm2, instances }: Readonly<Record<string, string | undefined>>): boolean {
  if (pm2 !== undefined && instances !== undefined) return instances !== '1'
  const host = process as { getBuiltinModule?(name: string): unknown }
  return (host.getBuiltinModule?.('node:cluster') as { isWorker?: boolean } | undefined)?.isWorker === true
}
