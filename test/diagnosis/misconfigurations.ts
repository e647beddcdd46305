import { gzipSync } from 'node:zlib'
import express, { type Express } from 'express'
import { z } from 'zod'
import {
  smileIdAddresses,
  smileIdCallbacks,
  type DeliveryHeaders,
  type OnceStore,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { credential, now, senderIp, signedAt, v1Delivery, v1Payload, v3Delivery } from '../support/deliveries.ts'

type Options = Partial<SmileIdCallbacksOptions>
interface Sent {
  method: string
  headers: DeliveryHeaders
  body: unknown
  clientIp?: string | undefined
  url?: string
}

/** Found by the line that one delivery writes. */
export interface LoggedMistake {
  what: string
  options?: Options
  subscribe?: (callbacks: ReturnType<typeof smileIdCallbacks>) => void
  delivery?: Sent
  /** The line has to have all of it. */
  says: string[]
}

/** Where no line of a delivery can be written: an app for `doctor`. */
export interface ExaminedMistake {
  what: string
  app: (options: Options) => Express
  path?: string
  cause: string
}

const from = (delivery: Omit<Sent, 'clientIp'>, clientIp: string | undefined = senderIp): Sent => ({
  ...delivery,
  clientIp,
})
const v1 = () => from(v1Delivery())
const v3 = () => from(v3Delivery())
const key = (apiKey: string, partnerId = credential.partnerId): Options => ({ credentials: { partnerId, apiKey } })
const failing = (error: Error): OnceStore => ({
  reserve: () => Promise.reject(error),
  complete: () => Promise.resolve(true),
  release: () => Promise.resolve(true),
  forget: () => Promise.resolve(false),
})
const withHeaders = (change: Record<string, string | undefined>): Sent => {
  const delivery = v3Delivery()
  const headers = Object.fromEntries(
    Object.entries({ ...delivery.headers, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
  return from({ ...delivery, headers })
}
const hours = 3_600_000

export const loggedMistakes: LoggedMistake[] = [
  {
    what: "the other environment's key",
    options: key('the sandbox key'),
    says: [
      'signature_mismatch',
      'tried=085',
      'signatureIn=headers',
      'cause=wrong_key',
      'sandbox and production differ',
    ],
  },
  {
    what: 'id and key swapped',
    options: key(credential.partnerId, credential.apiKey),
    says: ['cause=credentials_swapped'],
  },
  {
    what: "'85' for '085'",
    options: key(credential.apiKey, '85'),
    says: ['cause=partner_id_zeros', 'tried=85', 'signed for partner 085'],
  },
  {
    what: 'the clock two hours ahead',
    options: { now: () => now + 2 * hours },
    says: ['timestamp_expired', `signedAt=${signedAt}`, 'age="2 h"', 'limit="60 min"', 'cause=time_zone'],
  },
  {
    what: 'the clock two hours behind',
    options: { now: () => now - 2 * hours },
    says: ['timestamp_in_future', 'age="2 h ahead"', 'limit="5 min"', 'cause=time_zone'],
  },
  {
    what: 'maxAge in seconds',
    options: { maxAge: 3_600, now: () => now + 10_000 },
    says: ['timestamp_expired', 'limit="4 s"', 'cause=max_age_short', 'set in seconds'],
  },
  {
    what: 'trust proxy off',
    delivery: { ...withHeaders({ 'X-Forwarded-For': senderIp }), clientIp: '10.0.3.7' },
    says: ['ip_not_allowed', 'clientIp=10.0.3.7', 'cause=untrusted_forwarded', "app.set('trust proxy', 1)"],
  },
  {
    what: 'trust proxy 1 behind two proxies',
    delivery: { ...withHeaders({ 'X-Forwarded-For': `${senderIp}, 198.51.100.7` }), clientIp: '198.51.100.7' },
    says: ['cause=two_proxies', 'exact number of your proxies'],
  },
  {
    what: 'Cloudflare',
    delivery: { ...withHeaders({ 'CF-Connecting-IP': senderIp }), clientIp: '172.70.1.2' },
    says: ['cause=two_proxies', 'cf-connecting-ip', 'exact number of your proxies'],
  },
  {
    what: 'the newer sandbox list',
    delivery: { ...v3(), clientIp: '13.48.228.158' },
    says: ['cause=newer_address', 'smileIdAddresses.sandbox', "environment: 'sandbox'"],
  },
  {
    what: 'IPv6-mapped, of a newer list',
    delivery: { ...v3(), clientIp: '::ffff:16.170.104.93' },
    says: ['cause=newer_address', '16.170.104.93 is on'],
  },
  {
    what: 'a limit of 100 kB before it',
    delivery: from({
      ...v1Delivery(),
      body: JSON.stringify({ ...v1Payload, Photo: 'x'.repeat(150_000) }).slice(0, 102_400),
    }),
    says: ['malformed_json', 'cause=cut_off', 'after 102400 bytes'],
  },
  {
    what: 'gzip twice',
    delivery: { ...withHeaders({ 'Content-Encoding': 'gzip' }), body: gzipSync(gzipSync(v3Delivery().body)) },
    says: ['malformed_json', 'cause=compressed_twice'],
  },
  {
    what: 'the base64 of API Gateway',
    delivery: from({ ...v1Delivery(), body: Buffer.from(v1Delivery().body).toString('base64') }),
    says: ['malformed_json', 'cause=base64_body'],
  },
  {
    what: 'the whole Lambda event',
    delivery: from({
      method: 'POST',
      headers: {},
      body: {
        version: '2.0',
        headers: v3Delivery().headers,
        requestContext: { http: { method: 'POST' } },
        body: v3Delivery().body,
        isBase64Encoded: false,
      },
    }),
    says: ['signature_missing', 'cause=lambda_event', 'event.body'],
  },
  {
    what: 'the store is down',
    options: { store: failing(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' })) },
    says: ['store_unavailable', 'cause=store_failed', 'ECONNREFUSED'],
  },
  {
    what: "the store's table is missing",
    options: { store: failing(Object.assign(new Error('relation "x" does not exist'), { code: '42P01' })) },
    says: ['store_unavailable', 'SQLSTATE 42P01'],
  },
  {
    what: 'Redis is read-only',
    options: {
      store: failing(
        Object.assign(new Error("READONLY You can't write against a read only replica."), { name: 'ReplyError' }),
      ),
    },
    says: ['store_unavailable', 'READONLY'],
  },
  { what: 'no handler', subscribe: () => undefined, says: ['no_handlers', 'event=document_verification.approved'] },
  {
    what: 'a handler for another product',
    subscribe: (callbacks) => callbacks.on('biometric_kyc', () => undefined),
    says: ['unhandled', 'No handler is subscribed to document_verification.approved'],
  },
  {
    what: 'a schema that is too strict',
    options: { partnerParams: z.object({ account_id: z.number(), order: z.object({ total: z.string() }) }) as never },
    says: ['invalid_partner_params', 'account_id', 'order', 'cause=partner_params_schema'],
  },
  {
    what: 'a callbackSecret URL without its query',
    options: { callbackSecret: 'a secret of sixteen or more' },
    delivery: { ...v3(), url: 'https://example.test/smile-id' },
    says: ['callback_url_mismatch', 'cause=url_query_lost', 'urlFor'],
  },
  {
    what: 'a fetch host without an address',
    delivery: { ...v3(), clientIp: undefined },
    says: ['ip_not_allowed', 'cause=address_unknown', 'pass clientIp'],
  },
  {
    what: 'the v3 headers dropped',
    delivery: withHeaders({ 'Response-Signature': undefined, 'Response-Timestamp': undefined }),
    says: ['signature_missing', 'cause=headers_lost', 'dropped these headers'],
  },
  {
    what: 'half of the v3 headers dropped',
    delivery: withHeaders({ 'Response-Timestamp': undefined }),
    says: ['signature_missing', 'cause=half_header_pair'],
  },
  {
    what: 'the v3 headers renamed',
    delivery: withHeaders({
      'Response-Signature': undefined,
      'Response-Timestamp': undefined,
      'X-Response-Signature': 'x',
      'X-Response-Timestamp': signedAt,
    }),
    says: ['signature_missing', 'cause=headers_renamed'],
  },
  {
    what: 'Job-ID dropped',
    delivery: from(v3Delivery({ jobId: undefined, userId: undefined })),
    says: ['unrecognized_payload', 'paths="Job-ID, job_id"', 'cause=job_id_lost'],
  },
  {
    what: 'the signature as base64url',
    delivery: (() => {
      const { headers } = v3Delivery()
      return withHeaders({
        'Response-Signature': headers['Response-Signature']
          ?.replaceAll('+', '-')
          .replaceAll('/', '_')
          .replace(/=$/, ''),
      })
    })(),
    says: ['cause=signature_altered', 'base64url'],
  },
  {
    what: 'a clock that throws',
    options: {
      now: () => {
        throw new RangeError('x')
      },
    },
    says: ['internal_error', 'error="RangeError"', 'at '],
  },
  { what: 'v1, another key', options: key('other'), delivery: v1(), says: ['signatureIn=body', 'cause=wrong_key'] },
]

/** Said when the receiver is made, or when Express is given it. */
export const startMistakes: {
  what: string
  make: (options: Options) => unknown
  topic: string
  env?: Record<string, string>
}[] = [
  {
    what: 'maxAge in seconds',
    make: (options) => smileIdCallbacks({ ...options, credentials: credential, maxAge: 3_600 }),
    topic: 'max_age_short',
  },
  {
    what: 'pm2 with the memory store',
    make: (options) => smileIdCallbacks({ ...options, credentials: credential }),
    topic: 'memory_store_many_processes',
    env: { pm_id: '1', instances: '2', NODE_APP_INSTANCE: '1' },
  },
  {
    what: 'app.use(path, callbacks) without .router',
    make: (options) => express().use('/smile-id', smileIdCallbacks({ ...options, credentials: credential }) as never),
    topic: 'mounted_without_router',
  },
]

const receiver = (options: Options) => {
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', ...options })
  callbacks.onAny(() => undefined)
  return callbacks.router
}

export const examinedMistakes: ExaminedMistake[] = [
  {
    what: "Nest's global prefix",
    app: (options) => express().use('/api/smile-id', receiver(options)),
    cause: 'not_found',
  },
  {
    what: 'a sub-path',
    app: (options) => express().use('/smile-id', receiver(options)),
    path: '/app/smile-id',
    cause: 'not_found',
  },
  {
    what: 'a strict trailing slash',
    app: (options) =>
      express()
        .use((req, res, next) => {
          if (req.path.endsWith('/')) res.sendStatus(404)
          else next()
        })
        .use('/smile-id', receiver(options)),
    path: '/smile-id/',
    cause: 'not_found',
  },
  {
    what: 'a redirect',
    app: () =>
      express().use((req, res) => {
        res.redirect(308, `${req.path}/`)
      }),
    cause: 'redirected',
  },
  {
    what: 'two apps on one port',
    app: () =>
      express().get('/', (_req, res) => {
        res.send('the other app')
      }),
    cause: 'not_found',
  },
  {
    what: 'a parser of 100 kB before it',
    app: (options) => express().use(express.json()).use('/smile-id', receiver(options)),
    cause: 'body_limit',
  },
  {
    what: 'the address check, seen from here',
    app: (options) => express().use('/smile-id', receiver({ ...options, allowedIps: [...smileIdAddresses.published] })),
    cause: 'ip_not_allowed',
  },
]

/** Not even a receiver is made of these. */
export const refusedMistakes: { what: string; apiKey: string; says: string }[] = [
  { what: 'a line end after the key', apiKey: `${credential.apiKey}\n`, says: 'apiKey holds a line end' },
  {
    what: 'quotation marks around the key',
    apiKey: `"${credential.apiKey}"`,
    says: 'apiKey begins or ends with a quotation mark',
  },
  { what: 'a blank before the key', apiKey: ` ${credential.apiKey}`, says: 'apiKey begins or ends with white space' },
]
