import type { Config } from '../receive/config.ts'
import { duration } from '../lib/words.ts'
import type { SmileIdCallbacksOptions } from './types.ts'

/** A set-up mistake that is visible before the first delivery. */
export interface Warning {
  topic: 'max_age_short' | 'memory_store_many_processes'
  message: string
}

type Given = Pick<SmileIdCallbacksOptions, 'store'>

/** Finds options that can work but look wrong. `env` is the environment of the process. */
export function warningsOf(
  { store }: Given,
  { age }: Config,
  env: Readonly<Record<string, string | undefined>>,
): Warning[] {
  const warnings: Warning[] = []
  if (age.maxAge < 60_000) {
    warnings.push({
      topic: 'max_age_short',
      message: `maxAge is ${duration(age.maxAge)}: it is in ms, and was probably set in seconds. Genuine callbacks would be refused; an hour is 60 * 60_000, the default.`,
    })
  }
  if (store === undefined && isOneOfMany(env)) {
    warnings.push({
      topic: 'memory_store_many_processes',
      message:
        'This process is one of several, and the default store is for a single process: an event may be handled once in each. Use redisStore or postgresStore.',
    })
  }
  return warnings
}

// By name where it runs: hosts other than Node have no such module. pm2 tells how many it starts, by either way.
function isOneOfMany({ pm_id: pm2, instances }: Readonly<Record<string, string | undefined>>): boolean {
  if (pm2 !== undefined && instances !== undefined) return instances !== '1'
  const host = process as { getBuiltinModule?(name: string): unknown }
  return (host.getBuiltinModule?.('node:cluster') as { isWorker?: boolean } | undefined)?.isWorker === true
}
