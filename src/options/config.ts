import { smileIdAddresses } from '../addresses.ts'
import { SmileIdConfigError } from '../errors.ts'
import { compileAddressRules, type AddressRules } from '../receive/guards/client-address.ts'
import { isLogger, warningsToConsole, type Logger } from '../report/log.ts'
import type { Config } from '../receive/config.ts'
import { compileCredentials } from './credentials.ts'
import { callbackUrls, confirmConfig, confirmDefaults } from './trust.ts'
import { inboxConfig, onceConfig, onceDefaults } from './once.ts'
import { codeIndex } from './codes.ts'
import { checkKeys, optionalFunction, positiveMs, size, timerMs } from '../lib/check.ts'
import type { StandardSchema } from '../lib/standard-schema.ts'
import type { SmileIdCallbacksOptions } from './types.ts'

const minute = 60_000

/** The defaults, in one place; sizes in bytes, times in ms. */
export const defaults = Object.freeze({
  allowedIps: smileIdAddresses.published,
  maxBodySize: 1_572_864,
  bodyTimeout: 15_000,
  maxUnverifiedBytes: 67_108_864,
  maxAge: 60 * minute,
  maxSkew: 5 * minute,
  handlerTimeout: 30_000,
  ...onceDefaults,
  ...confirmDefaults,
})

const optionNames = [
  'credentials',
  'partnerParams',
  'codes',
  'allowedIps',
  'clientIp',
  'maxBodySize',
  'bodyTimeout',
  'maxUnverifiedBytes',
  'confirm',
  'confirmEvents',
  'confirmTimeout',
  'callbackSecret',
  'maxAge',
  'maxSkew',
  'now',
  'handlerTimeout',
  'store',
  'onStoreError',
  'lease',
  'ttl',
  'storeTimeout',
  'inbox',
  'inboxTimeout',
  'eventId',
  'onDelivery',
  'onHandlerError',
  'logger',
] as const satisfies readonly (keyof SmileIdCallbacksOptions)[]

/** Checks all options at once; throws a `SmileIdConfigError` for the first that cannot work. */
export function parseOptions<Schema extends StandardSchema | undefined>(options: SmileIdCallbacksOptions<Schema>): Config {
  checkKeys(options, optionNames, 'option', 'unknown_option')
  const confirm = confirmConfig(options)
  // What the confirmation may take is not there for the handlers: together they stay below Smile ID's 35 s.
  const timeLeft = Math.max(1_000, defaults.handlerTimeout - (confirm?.timeoutMs ?? 0))
  const handlerTimeout = timerMs('handlerTimeout', options.handlerTimeout, timeLeft)
  const inbox = inboxConfig(options)
  return Object.freeze<Config>({
    candidates: compileCredentials(options.credentials),
    partnerParams: standardSchema(options.partnerParams),
    addresses: addressRules(options.allowedIps),
    clientIp: optionalFunction('clientIp', options.clientIp, 'client_ip_invalid'),
    maxBodySize: size('maxBodySize', options.maxBodySize, defaults.maxBodySize),
    bodyTimeout: timerMs('bodyTimeout', options.bodyTimeout, defaults.bodyTimeout),
    maxUnverifiedBytes: size('maxUnverifiedBytes', options.maxUnverifiedBytes, defaults.maxUnverifiedBytes),
    confirm,
    callbackUrls: callbackUrls(options.callbackSecret),
    age: {
      maxAge: positiveMs('maxAge', options.maxAge, defaults.maxAge),
      maxSkew: positiveMs('maxSkew', options.maxSkew, defaults.maxSkew),
    },
    now: clock(options.now),
    handlerTimeout,
    once: onceConfig(options, (confirm?.timeoutMs ?? 0) + (inbox?.timeoutMs ?? handlerTimeout)),
    inbox,
    eventId: optionalFunction('eventId', options.eventId, 'event_id_invalid'),
    onDelivery: optionalFunction('onDelivery', options.onDelivery, 'callback_invalid'),
    onHandlerError: optionalFunction('onHandlerError', options.onHandlerError, 'callback_invalid'),
    logger: logger(options.logger),
    codes: codeIndex(options.codes),
  })
}

function standardSchema(schema: StandardSchema | undefined): StandardSchema | undefined {
  if (schema === undefined) return undefined
  // A runtime check: JavaScript users are not held by the type. ArkType's schemas are functions.
  const standard = (schema as Partial<StandardSchema> | null)?.['~standard']
  if (typeof standard?.validate === 'function') return schema
  throw new SmileIdConfigError('partner_params_invalid', 'partnerParams has to be a Standard Schema, such as z.object({ … }) of zod 4.')
}

function addressRules(allowed: SmileIdCallbacksOptions['allowedIps']): AddressRules | undefined {
  if (allowed === false) return undefined
  const rules: unknown = allowed === undefined ? defaults.allowedIps : typeof allowed === 'string' ? [allowed] : allowed
  if (!Array.isArray(rules) || rules.some((rule) => typeof rule !== 'string')) {
    throw new SmileIdConfigError('allowed_ip_invalid', 'allowedIps has to be a list of addresses or CIDRs, or false.')
  }
  if (rules.length === 0) {
    throw new SmileIdConfigError('allowed_ips_empty', 'allowedIps is empty, so nobody could deliver: leave it out for the published addresses, or set it to false to turn the check off.')
  }
  const compiled = compileAddressRules(rules as string[], allowed === undefined)
  if ('allows' in compiled) return compiled
  throw new SmileIdConfigError('allowed_ip_invalid', `allowedIps holds ${JSON.stringify(compiled.bad)}, which is neither an address nor a CIDR such as 10.0.0.0/8.`)
}

function clock(now: (() => number | Date) | undefined): () => number {
  const read = optionalFunction('now', now, 'now_invalid')
  if (!read) return Date.now
  return () => {
    const time = Number(read())
    // Nothing is ever older than NaN: a broken clock must not pass for a young signature.
    if (!Number.isFinite(time)) throw new RangeError('now has to give a time')
    return time
  }
}

function logger(given: Logger | false | undefined): Logger | undefined {
  if (given === undefined) return warningsToConsole
  if (given === false) return undefined
  if (isLogger(given)) return given
  throw new SmileIdConfigError('logger_invalid', 'logger needs the methods warn and error, as pino and console have them; false is silence.')
}
