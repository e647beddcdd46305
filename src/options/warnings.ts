import type { Config } from '../receive/config.ts'
import { duration } from '../lib/words.ts'
import type { Credential, SmileIdCallbacksOptions } from './types.ts'

/** A set-up mistake that is visible before the first delivery. */
export interface Warning {
  topic: 'max_age_short' | 'default_addresses_in_sandbox' | 'memory_store_many_processes'
  message: string
}

type Given = Pick<SmileIdCallbacksOptions, 'credentials' | 'allowedIps' | 'store'>

/** Finds options that can work but look wrong. `env` is the environment of the process. */
export function warningsOf(
  { credentials, allowedIps, store }: Given,
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
  if (allowedIps === undefined && isSandbox(credentials)) {
    warnings.push({
      topic: 'default_addresses_in_sandbox',
      message:
        'A credential is for the sandbox, and allowedIps is the default list, which lacks the newer addresses of the sandbox: set allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.sandbox].',
    })
  }
  // pm2 numbers its processes by the one, cluster by the other.
  if (store === undefined && (env['NODE_APP_INSTANCE'] !== undefined || env['NODE_UNIQUE_ID'] !== undefined)) {
    warnings.push({
      topic: 'memory_store_many_processes',
      message:
        'This process is one of several, and the default store is for a single process: an event may be handled once in each. Use redisStore or postgresStore.',
    })
  }
  return warnings
}

function isSandbox(credentials: SmileIdCallbacksOptions['credentials']): boolean {
  if (typeof credentials === 'function') return false
  const list: readonly Credential[] = Array.isArray(credentials)
    ? (credentials as readonly Credential[])
    : [credentials as Credential]
  return list.some(({ environment }) => environment !== undefined && /sandbox/i.test(environment))
}
