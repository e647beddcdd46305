import * as z from 'zod'
import { smileIdAddresses } from '../addresses.ts'
import { type Confirm, confirmConfig, confirmDefaults } from '../confirm/confirm.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import {
  bytes,
  callback,
  callbacks,
  checkOptions,
  type ChecksOf,
  demand,
  given,
  ms,
  oneOfStrings,
  timer,
} from '../lib/check.ts'
import { misuse, shortString, typeNameOf } from '../lib/values.ts'
import { duration } from '../lib/words.ts'
import { type CodeRow, codeTable } from '../payload/v1/code-table.ts'
import { type CodeIndex, defaultPolicy, indexCodes, type Policy } from '../payload/v1/subject.ts'
import type { Around } from '../inbox/dispatch.ts'
import type { Config, OnDelivery } from '../receive/config.ts'
import { type AddressRules, compileAddressRules } from '../receive/guards/address.ts'
import type { Log } from '../report/log.ts'
import { adapted, isLogger, type Logger, warningsToConsole } from '../report/logger.ts'
import { outcomes } from '../types/names.ts'
import { callbackUrls, compileCredentials, isSandbox } from './credentials.ts'
import { inboxConfig, inboxDefaults, onceConfig, onceDefaults } from './once.ts'
import type { SmileIdCallbacksOptions } from './types.ts'

const minute = 60_000

/** The defaults, in one place; sizes in bytes, times in ms. */
export const defaults = Object.freeze({
  allowedIps: Object.freeze([...new Set([...smileIdAddresses.published, ...smileIdAddresses.production])]),
  maxBodySize: 1_572_864,
  bodyTimeout: 15_000,
  maxUnverifiedBytes: 67_108_864,
  maxAge: 60 * minute,
  maxSkew: 5 * minute,
  handlerTimeout: 30_000,
  once: onceDefaults,
  confirm: confirmDefaults,
  inbox: inboxDefaults,
})

const checks = {
  credentials: given<SmileIdCallbacksOptions['credentials']>(),
  partnerParams: standardSchema,
  codes: given<SmileIdCallbacksOptions['codes']>(),
  approvedWithFraud: oneOfStrings(['attention', 'approved'], defaultPolicy.approvedWithFraud),
  partialMatch: oneOfStrings(['approved', 'attention'], defaultPolicy.partialMatch),
  allowedIps: given<SmileIdCallbacksOptions['allowedIps']>(),
  clientIp: callback<Config['clientIp']>('client_ip_invalid'),
  maxBodySize: bytes(defaults.maxBodySize),
  bodyTimeout: timer(defaults.bodyTimeout),
  maxUnverifiedBytes: bytes(defaults.maxUnverifiedBytes),
  confirm: given<Confirm<never> | undefined>(),
  callbackSecret: callbackUrls,
  referenceOf: callback<Config['referenceOf']>('callback_invalid'),
  onReuse: oneOfStrings(['flag', 'refuse'], 'flag'),
  maxAge: ms(defaults.maxAge),
  maxSkew: ms(defaults.maxSkew),
  now: clock,
  handlerTimeout: timer(undefined),
  store: given<SmileIdCallbacksOptions['store']>(),
  once: given<SmileIdCallbacksOptions['once']>(),
  inbox: given<SmileIdCallbacksOptions['inbox']>(),
  eventId: callback<Config['eventId']>('event_id_invalid'),
  onDelivery: callbacks<OnDelivery<never>>('callback_invalid'),
  onDispatch: callbacks<Config['onDispatch'][number]>('callback_invalid'),
  around: callbacks<Around<never>>('callback_invalid'),
  onDrift: callback<Config['onDrift']>('callback_invalid'),
  onError: callback<Config['onError']>('callback_invalid'),
  logger,
} satisfies ChecksOf<SmileIdCallbacksOptions>

/** Checks all options at once; throws a `SmileIdConfigError` for the first that cannot work. */
export function parseOptions<Schema extends StandardSchema | undefined>(
  options: SmileIdCallbacksOptions<Schema>,
): Config {
  const {
    credentials,
    codes,
    approvedWithFraud,
    partialMatch,
    allowedIps,
    callbackSecret,
    maxAge,
    maxSkew,
    store,
    once,
    ...checked
  } = checkOptions(options, checks, { required: true })
  demand(
    callbackSecret || !checked.referenceOf,
    'callback_secret_missing',
    'callbackSecret must be set for referenceOf: only URLs of urlFor have a reference.',
  )
  const confirm = confirmConfig(checked.confirm)
  const inbox = inboxConfig(checked.inbox)
  // The time limit of the confirmation is taken from that of the handlers: together they stay below Smile ID's 35 s.
  const handlerTimeout = checked.handlerTimeout ?? Math.max(1_000, defaults.handlerTimeout - (confirm?.timeoutMs ?? 0))
  const age = { maxAge, maxSkew }
  return Object.freeze<Config>({
    ...checked,
    candidates: compileCredentials(credentials),
    addresses: addressRules(allowedIps, credentials),
    confirm,
    callbackUrls: callbackSecret,
    age,
    handlerTimeout,
    once: onceConfig(store, once, (confirm?.timeoutMs ?? 0) + (inbox?.timeoutMs ?? handlerTimeout), age),
    inbox,
    codes: codeIndex(codes, { approvedWithFraud, partialMatch }),
  })
}

function standardSchema(schema: unknown): StandardSchema | undefined {
  if (schema === undefined) return undefined
  let cause: unknown
  try {
    // ArkType's schemas are functions.
    const { '~standard': standard } = schema as Partial<StandardSchema>
    if (typeof standard?.validate === 'function') return schema as StandardSchema
  } catch (error) {
    cause = error
  }
  return misuse(
    'partner_params_invalid',
    'partnerParams must be a Standard Schema, such as z.object({ … }) of zod 4.',
    cause,
  )
}

function addressRules(allowed: unknown, credentials: SmileIdCallbacksOptions['credentials']): AddressRules | undefined {
  if (allowed === false) return undefined
  const sandbox = isSandbox(credentials) ? smileIdAddresses.sandbox : []
  const rules: unknown[] = allowed === undefined ? [...defaults.allowedIps, ...sandbox] : [allowed].flat()
  const areStrings = rules.every((rule) => typeof rule === 'string')
  demand(areStrings, 'allowed_ip_invalid', 'allowedIps must be an array of addresses or CIDRs, or false.')
  demand(
    rules.length > 0,
    'allowed_ips_empty',
    'allowedIps is empty, so every delivery would be refused: leave it out for the published addresses, or set it to false to turn the check off.',
  )
  const compiled = compileAddressRules(rules)
  if ('allows' in compiled) return compiled
  return misuse(
    'allowed_ip_invalid',
    `allowedIps holds ${shortString(compiled.bad)}, which is neither an address nor a CIDR such as 10.0.0.0/8.`,
  )
}

function clock(now: unknown): () => number {
  const read = callback<() => unknown>('now_invalid')(now, 'now')
  // Not a reference to the function: tests replace it later.
  if (!read) return () => Date.now()
  return () => {
    const time = Number(read())
    // Comparisons with NaN are false: a broken clock must not make a signature look young.
    if (!Number.isFinite(time)) throw new RangeError('now must return a time')
    return time
  }
}

function logger(value: unknown): Logger | undefined {
  if (value === undefined) return warningsToConsole
  if (value === false) return undefined
  if (isLogger(value)) return adapted(value)
  return misuse(
    'logger_invalid',
    `logger needs the methods warn and error, as pino and console have them, not ${typeNameOf(value)}; false turns logging off.`,
  )
}

/** The code table with the partner's own rows above it. */
export function codeIndex(own: readonly CodeRow[] | undefined, policy?: Policy): CodeIndex {
  if (own === undefined) return indexCodes(codeTable, policy)
  const { error: cause } = z.array(codeRow()).safeParse(own)
  if (!cause) return indexCodes([...codeTable, ...own], policy)
  return misuse(
    'options_invalid',
    "codes must be an array of rows such as { jobType: 6, code: '0817', meaning: { kind: 'result', outcome: 'provisional' }, grade: 'documented' }; only job type 1 has id_info.",
    cause,
  )
}

// Only biometric jobs (1) have an ID look-up step: contract/v1.md §4.
const codeRow = () =>
  z
    .object({
      jobType: z.union([z.int().positive(), z.literal('any'), z.literal('phone_number_verification')]),
      code: z.string().regex(/^\d{4}$/),
      meaning: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('result'), outcome: z.enum(outcomes) }),
        z.object({ kind: z.literal('id_info'), idStep: z.enum(['passed', 'failed', 'error']) }),
        z.object({ kind: z.literal('smile_secure') }),
      ]),
    })
    .refine(({ jobType, meaning }) => meaning.kind !== 'id_info' || jobType === 1)

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
