import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { isProxy } from 'node:util/types'
import { beforeAll, describe, expect, test } from 'vitest'
import { captureRefused } from '../../src/capture/capture-refused.ts'
import { lambdaHandler } from '../../src/doors/lambda.ts'
import { confirmWithSmileId, memoryStore, smileIdCallbacks, SmileIdConfigError } from '../../src/index.ts'
import {
  bullmqInbox,
  bullmqProcessor,
  bullmqWorker,
  deadLetters as bullmqDeadLetters,
} from '../../src/engines/bullmq/inbox.ts'
import { deadLetters as pgBossDeadLetters, pgBossInbox, pgBossWorker } from '../../src/engines/pg-boss/inbox.ts'
import { inboxConformance } from '../../src/testing/inbox-conformance.ts'
import { storeConformance } from '../../src/testing/store-conformance.ts'
import {
  effectsTable,
  forgetEffects,
  inTransaction,
  postgresStore,
  postgresStoreTable,
} from '../../src/engines/postgres/store.ts'
import { redisStore } from '../../src/engines/redis/store.ts'
import { recordDeliveries, recordDrift, recordReconcile } from '../../src/telemetry/opentelemetry.ts'
import { reconcile } from '../../src/reconcile/reconcile.ts'
import { deliver, jobStory, sample, shuffle, signDelivery } from '../../src/testing/index.ts'
import { credential, testOptions } from '../support/deliveries.ts'

// Every option of every function, with everything that it is not: each mistake is told at once, by one class and a
// documented code, and never with a value that could be a secret.

const secret = 'canary-3f1c0a-secret'
const documented = new Set(
  [...readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8').matchAll(/'([a-z_]+)'/g)].map(
    ([, code]) => code,
  ),
)

const methods = (...names: string[]) => Object.fromEntries(names.map((name) => [name, () => Promise.resolve()]))
const queue = {
  ...methods('add', 'remove', 'removeDeduplicationKey', 'getJobState', 'getJob', 'getFailedCount'),
  getJobs: () => Promise.resolve([]),
} as never
const boss = {
  ...methods('send', 'getJobById', 'deleteJob', 'createQueue', 'work', 'offWork', 'complete', 'fail'),
  getQueue: () => Promise.resolve({}),
  getDb: () => ({
    executeSql: (text: string) =>
      Promise.resolve({ rows: text.includes('.queue ') ? [{ name: 'smile-id' }, { name: 'smile-id-dead' }] : [] }),
  }),
} as never
const pool = methods('query', 'connect') as never
const emptyPool = { query: () => Promise.resolve({ rows: [], rowCount: 0 }) } as never
const redis = methods('eval', 'evalsha', 'defineCommand', 'call') as never
const callbacks = smileIdCallbacks(testOptions)
const handler = () => undefined

type Sort =
  | 'ms'
  | 'timer'
  | 'count'
  | 'bytes'
  | 'flag'
  | 'times'
  | 'text'
  | 'function'
  | 'functions'
  | 'signal'
  | 'object'
  | 'word'
  | 'names'
  | 'methods'
  | 'number'

/** What is right for an option of this sort; everything else is wrong. */
const right: Record<Sort, (value: unknown) => boolean> = {
  ms: (value) => typeof value === 'number' && value > 0 && value <= Number.MAX_SAFE_INTEGER,
  timer: (value) => typeof value === 'number' && value > 0 && value <= 2_147_483_647,
  count: (value) => Number.isSafeInteger(value) && (value as number) > 0,
  bytes: (value) =>
    (Number.isSafeInteger(value) && (value as number) > 0)
    || (typeof value === 'string' && /^\d+(\.\d+)? ?(b|kb|mb)?$/i.test(value)),
  times: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  flag: (value) => typeof value === 'boolean',
  text: (value) => typeof value === 'string' && value !== '',
  function: (value) => typeof value === 'function',
  functions: (value) => [value].flat().every((one) => typeof one === 'function'),
  signal: (value) => value instanceof AbortSignal,
  object: (value) =>
    typeof value === 'object'
    && value !== null
    && [null, Object.prototype].includes(Object.getPrototypeOf(value) as null),
  word: () => false,
  names: (value) => Array.isArray(value) && value.length === 0,
  methods: () => false,
  number: (value) => typeof value === 'number' && Number.isFinite(value),
}

type Call = (options: unknown) => unknown
interface Target {
  name: string
  /** With these options, and with what is required beside them. */
  call: Call
  options: Record<string, Sort>
  /** Takes further keys on purpose. */
  isOpen?: boolean
  /** Those that somebody else checks, or nobody reads. */
  others?: RegExp
}

const withOptions = (more: object) => ({ ...testOptions, ...more })

const targets: Target[] = [
  {
    name: 'smileIdCallbacks',
    call: (options) => smileIdCallbacks(spread({ credentials: credential }, options) as never),
    options: {
      credentials: 'methods',
      partnerParams: 'methods',
      codes: 'names',
      allowedIps: 'word',
      clientIp: 'function',
      maxBodySize: 'bytes',
      bodyTimeout: 'timer',
      maxUnverifiedBytes: 'bytes',
      confirm: 'methods',
      callbackSecret: 'word',
      referenceOf: 'function',
      onReuse: 'word',
      approvedWithFraud: 'word',
      partialMatch: 'word',
      maxAge: 'ms',
      maxSkew: 'ms',
      now: 'function',
      handlerTimeout: 'timer',
      store: 'methods',
      once: 'object',
      inbox: 'methods',
      eventId: 'function',
      onDelivery: 'functions',
      around: 'functions',
      onDispatch: 'functions',
      onDrift: 'function',
      onError: 'function',
      logger: 'word',
    },
  },
  {
    name: 'once',
    call: (once) => smileIdCallbacks(withOptions({ once }) as never),
    options: { lease: 'ms', ttl: 'ms', timeout: 'timer', onStoreError: 'word' },
  },
  {
    name: 'confirm',
    call: (confirm) => smileIdCallbacks(withOptions({ confirm: spread({ ask: () => 'confirmed' }, confirm) }) as never),
    options: { ask: 'function', events: 'names', timeout: 'timer' },
  },
  {
    name: 'confirmWithSmileId',
    call: (options) => confirmWithSmileId(spread({ environment: 'sandbox' }, options) as never),
    options: { environment: 'word', events: 'names', timeout: 'timer', baseUrl: 'word' },
  },
  {
    name: 'credentials',
    call: (options) => smileIdCallbacks({ credentials: spread(credential, options) as never }),
    options: { partnerId: 'word', apiKey: 'word', environment: 'word', label: 'word' },
  },
  {
    name: 'memoryStore',
    call: (options) => memoryStore(options as never),
    options: { maxBytes: 'count', maxEntries: 'count', now: 'function' },
  },
  { name: 'redisStore', call: (options) => redisStore(redis, options as never), options: { prefix: 'text' } },
  {
    name: 'postgresStore',
    call: (options) => postgresStore(pool, options as never),
    options: { table: 'word', createTable: 'flag', purgeEvery: 'ms', prepare: 'flag' },
  },
  {
    name: 'storeConformance',
    call: (options) => storeConformance(spread({ open: memoryStore }, options) as never),
    options: { open: 'function', pass: 'function', slack: 'timer' },
  },
  {
    name: 'inboxConformance',
    call: (options) => inboxConformance(spread({ open: () => undefined }, options) as never),
    options: { open: 'function', knowsIds: 'flag' },
  },
  {
    name: 'forgetEffects',
    call: (options) => forgetEffects(emptyPool, 'id', options as never),
    options: { table: 'word' },
  },
  {
    name: 'bullmqInbox',
    call: (options) => bullmqInbox(queue, options as never),
    options: {
      serialize: 'function',
      job: 'object',
      dedupe: 'ms',
      timeout: 'timer',
      redriveDead: 'flag',
      maxPending: 'count',
      maxPendingBytes: 'count',
    },
  },
  {
    name: 'bullmqProcessor',
    call: (options) => bullmqProcessor(callbacks, options as never),
    options: { deserialize: 'function', timeout: 'ms' },
  },
  {
    name: 'pgBossInbox',
    call: (options) => pgBossInbox(boss, options as never),
    options: {
      serialize: 'function',
      queue: 'text',
      createQueue: 'object',
      timeout: 'timer',
      redriveDead: 'flag',
      maxPending: 'count',
      maxPendingBytes: 'count',
    },
  },
  {
    name: 'pgBossWorker',
    call: (options) => pgBossWorker(callbacks, boss, options as never),
    options: {
      deserialize: 'function',
      queue: 'text',
      createQueue: 'object',
      concurrency: 'count',
      pollingInterval: 'timer',
      timeout: 'ms',
    },
  },
  {
    name: 'bullmqWorker',
    call: (options) => bullmqWorker(callbacks, spread({ connection: {}, autorun: false }, options) as never),
    options: { deserialize: 'function', queue: 'text', timeout: 'ms' },
    others: /./,
  },
  {
    name: 'deadLetters of pg-boss',
    call: (options) => pgBossDeadLetters(boss, options as never),
    options: { queue: 'text', deadLetter: 'text', schema: 'text' },
  },
  {
    name: 'list of BullMQ',
    call: (options) => bullmqDeadLetters(queue).list(options as never),
    options: { limit: 'count' },
  },
  {
    name: 'list of pg-boss',
    call: (options) => pgBossDeadLetters(boss).list(options as never),
    options: { limit: 'count' },
  },
  {
    name: 'inTransaction',
    call: (options) => inTransaction(pool, 'effect', handler, options as never),
    options: { per: 'word', table: 'word', createTable: 'flag', retries: 'times', keep: 'ms', lockTimeout: 'count' },
  },
  {
    name: 'reconcile',
    call: (options) => reconcile(callbacks, spread({ environment: 'sandbox', jobs: [] }, options) as never),
    options: {
      environment: 'word',
      jobs: 'names',
      concurrency: 'count',
      timeout: 'timer',
      attempts: 'count',
      backoff: 'timer',
      replayAgain: 'timer',
      overdueAfter: 'timer',
      signal: 'signal',
      onProgress: 'function',
      baseUrl: 'word',
    },
  },
  {
    name: 'captureRefused',
    call: (options) => captureRefused(spread({ dir: 'refused' }, options) as never),
    options: { dir: 'text', most: 'count', mostBytes: 'bytes', redact: 'flag' },
  },
  {
    name: 'lambdaHandler',
    call: (options) => lambdaHandler(callbacks, options as never),
    options: { clientIp: 'function' },
  },
  {
    name: 'urlFor',
    call: (options) => minting.urlFor('https://receiver.test/smile-id', 'reference', options as never),
    options: { path: 'text' },
  },
  { name: 'recordDrift', call: (options) => recordDrift(options as never), options: { meter: 'methods' } },
  { name: 'recordReconcile', call: (options) => recordReconcile(options as never), options: { meter: 'methods' } },
  {
    name: 'recordDeliveries',
    call: (options) => recordDeliveries(options as never),
    options: { tracer: 'methods', meter: 'methods' },
  },
  ...(['on', 'onAny', 'onUnrecognized', 'onJob', 'onPartnerParam'] as const).map((name): Target => ({
    name,
    call: (options) => subscribers[name]?.(options),
    options: { signal: 'signal' },
  })),
  {
    name: 'waitForJob',
    call: (options) => {
      const controller = new AbortController()
      controller.abort(new Error('enough'))
      return callbacks.waitForJob('job-1', spread({ signal: controller.signal }, options) as never)
    },
    options: { timeout: 'ms', signal: 'signal' },
  },
  {
    name: 'dispatch',
    call: (options) => callbacks.dispatch({}, options as never),
    options: {
      deserialize: 'function',
      timeout: 'ms',
      signal: 'signal',
      isLastTry: 'flag',
      jobId: 'text',
      attempt: 'count',
      once: 'methods',
    },
  },
  {
    name: 'close',
    call: (options) => smileIdCallbacks(testOptions).close(options as never),
    options: { timeout: 'timer', drainFor: 'timer' },
  },
  {
    name: 'sample',
    call: (options) => sample('biometric_kyc', 'approved', options as never),
    options: {
      generation: 'word',
      jobId: 'text',
      userId: 'text',
      smileJobId: 'text',
      partnerParams: 'methods',
      idStep: 'word',
      suspects: 'flag',
      reviewed: 'flag',
    },
    isOpen: true,
  },
  {
    name: 'jobStory',
    call: (options) => jobStory('biometric_kyc', options as never),
    options: {
      review: 'flag',
      outcome: 'word',
      smileSecure: 'flag',
      generation: 'word',
      jobId: 'text',
      userId: 'text',
      partnerParams: 'methods',
      credential: 'methods',
    },
  },
  {
    name: 'signDelivery',
    call: (options) => signDelivery(spread({ generation: 'v1', credential, payload: {} }, options) as never),
    options: {
      generation: 'word',
      credential: 'methods',
      payload: 'object',
      timestamp: 'methods',
      jobId: 'text',
      userId: 'text',
    },
    others: /^(body|headers|outcome)$/,
  },
  {
    name: 'deliver',
    call: (options) => deliver(callbacks, { headers: {}, body: '' }, options as never),
    options: { path: 'text', clientIp: 'text', params: 'methods', timeout: 'timer' },
  },
]

const subscribers: Record<string, Call> = {
  on: (options) => callbacks.on('approved', handler, options as never)(),
  onAny: (options) => callbacks.onAny(handler, options as never)(),
  onUnrecognized: (options) => callbacks.onUnrecognized(handler, options as never)(),
  onJob: (options) => callbacks.onJob('job-1', handler, options as never)(),
  onPartnerParam: (options) => callbacks.onPartnerParam('key', 'value', handler, options as never)(),
}

/** What is required, and what is given instead of or beside it. */
function spread(required: object, options: unknown): unknown {
  if (
    typeof options !== 'object'
    || options === null
    || isProxy(options)
    || Object.getPrototypeOf(options) !== Object.prototype
  )
    return options
  return Object.defineProperties({ ...required }, Object.getOwnPropertyDescriptors(options))
}

/** What a call throws or rejects with; undefined if it does neither. */
async function errorOf(act: () => unknown): Promise<unknown> {
  try {
    await act()
    return undefined
  } catch (error) {
    return error
  }
}

/** Names that a message repeats, so that a reader finds them; nobody keeps a secret there. */
const repeated = /allowedIps|names|product|outcome|generation/

function expectMistake(error: unknown, about: string): void {
  expect(error, about).toBeInstanceOf(SmileIdConfigError)
  const { code, message } = error as SmileIdConfigError
  expect(documented, `${about}: ${code}`).toContain(code)
  if (!repeated.test(about)) expect(message, about).not.toContain(secret)
  expect(message.length, about).toBeLessThan(700)
}

const odd: unknown[] = [
  null,
  Number.NaN,
  -1,
  0,
  1.5,
  Infinity,
  -Infinity,
  '',
  'x',
  secret,
  true,
  false,
  [],
  [secret],
  {},
  { key: secret },
  () => secret,
  Symbol('x'),
  7n,
  new Date(0),
  new Map([[secret, secret]]),
  Object.create(null),
  2 ** 53,
]
const anything = fc.oneof(
  fc.constantFrom(...odd),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
)

class Settings {
  get lease() {
    return 60_000
  }
  get timeout() {
    return 1
  }
}
const whole: [string, unknown][] = [
  ['null', null],
  ['a list', []],
  ['a text', secret],
  ['a number', 7],
  ['true', true],
  ['a function', () => secret],
  ['an instance with getters', new Settings()],
  ['a Map', new Map()],
  ['inherited options', Object.create({ timeout: 1 })],
  [
    'a getter that throws',
    {
      get timeout() {
        throw new Error(secret)
      },
    },
  ],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error(secret)
        },
      },
    ),
  ],
]

/** Options for which an odd value may be right: what they take is checked with their own tests. */
const mayTake: Record<string, (value: unknown) => boolean> = {
  'smileIdCallbacks.credentials': (value) => typeof value === 'function',
  'smileIdCallbacks.allowedIps': (value) => value === false,
  'smileIdCallbacks.logger': (value) => value === false,
  'credentials.partnerId': (value) => typeof value === 'string',
  'credentials.apiKey': (value) => typeof value === 'string',
  'credentials.environment': (value) => typeof value === 'string',
  'credentials.label': (value) => typeof value === 'string',
  'inTransaction.table': (value) =>
    typeof value === 'string' && /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(value),
  'forgetEffects.table': (value) =>
    typeof value === 'string' && /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(value),
  'reconcile.jobs': (value) =>
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value),
  'postgresStore.table': (value) =>
    typeof value === 'string' && /^[A-Za-z_]\w{0,62}(\.[A-Za-z_]\w{0,62})?$/.test(value),
  'smileIdCallbacks.callbackSecret': (value) =>
    [value].flat().every((one) => typeof one === 'string' && one.length >= 16 && !/^\s|\s$/.test(one))
    && ![value].flat().every((one) => one === undefined),
  'smileIdCallbacks.maxAge': (value) => typeof value === 'number',
  'smileIdCallbacks.maxSkew': (value) => typeof value === 'number',
  'once.lease': (value) => typeof value === 'number' && value > 35_000,
  'once.ttl': (value) => typeof value === 'number' && value >= 3_900_000,
  'pgBossInbox.createQueue': (value) => value === false,
  'pgBossWorker.createQueue': (value) => value === false,
  'pgBossWorker.pollingInterval': (value) => typeof value === 'number' && value >= 500,
  'sample.partnerParams': (value) =>
    right.object(value) && Object.values(value as object).every((one) => typeof one === 'string'),
  'jobStory.partnerParams': (value) =>
    right.object(value) && Object.values(value as object).every((one) => typeof one === 'string'),
  'deliver.params': (value) =>
    right.object(value) && Object.values(value as object).every((one) => typeof one === 'string'),
  'signDelivery.timestamp': (value) =>
    typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)),
}

describe.each(targets)('$name', ({ name, call, options, isOpen = false, others }) => {
  beforeAll(() => {
    callbacks.onAny(handler)
  })

  // A worker would start: test/services does that.
  test.runIf(!name.endsWith('Worker'))('takes no options at all, or those that are required', async () => {
    expect(await errorOf(() => call({}))).not.toBeInstanceOf(SmileIdConfigError)
  })

  test.each(whole)('refuses %s instead of options', async (about, given) => {
    // A list of credentials, and a function of the delivery, are no mistakes; an unknown key is told before its value
    // is asked for.
    if (name === 'credentials' && about === 'a function') return
    expectMistake(await errorOf(() => call(given)), about)
  })

  test.runIf(!isOpen)('refuses keys that are not known', async () => {
    for (const key of ['serialise', 'timeOut', secret, '__proto__x', 'bogus'])
      expectMistake(await errorOf(() => call({ [key]: secret })), key)
  })

  test.runIf(!isOpen)('has no other options than those that are tried here', async () => {
    const { message } = (await errorOf(() => call({ bogus: 1 }))) as SmileIdConfigError
    const known = /Known: (.+)\.$/.exec(message)?.[1]?.split(', ') ?? []
    expect(known.filter((one) => one in options || others?.test(one) !== true).sort()).toEqual(
      Object.keys(options).sort(),
    )
  })

  test.each(Object.entries(options))('refuses what %s is not', async (option, sort) => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        if (value === undefined || right[sort](value) || mayTake[`${name}.${option}`]?.(value) === true) return
        expectMistake(await errorOf(() => call({ [option]: value })), `${option}: ${fc.stringify(value).slice(0, 200)}`)
      }),
      { numRuns: 60, examples: odd.map((value) => [value]) },
    )
  })
})

const besideOptions: [string, (value: unknown) => unknown, (value: unknown) => boolean][] = [
  ['redisStore', (value) => redisStore(value as never), () => false],
  ['postgresStore', (value) => postgresStore(value as never), () => false],
  ['postgresStoreTable', (value) => postgresStoreTable(value as never), mayTake['postgresStore.table']!],
  ['effectsTable', (value) => effectsTable(value as never), mayTake['postgresStore.table']!],
  ['lambdaHandler', (value) => lambdaHandler(value as never), () => false],
  ['bullmqInbox', (value) => bullmqInbox(value as never), () => false],
  ['bullmqProcessor', (value) => bullmqProcessor(value as never), () => false],
  ['bullmqWorker', (value) => bullmqWorker(value as never, { connection: {} }), () => false],
  ['deadLetters of BullMQ', (value) => bullmqDeadLetters(value as never), () => false],
  ['deadLetters of pg-boss', (value) => pgBossDeadLetters(value as never), () => false],
  ...[bullmqDeadLetters(queue), pgBossDeadLetters(boss)].flatMap(
    (letters): [string, (value: unknown) => unknown, (value: unknown) => boolean][] => [
      ['redrive', (value) => letters.redrive(value as never), right.text],
      ['drop', (value) => letters.drop(value as never), right.text],
    ],
  ),
  ['inTransaction, pool', (value) => inTransaction(value as never, 'effect', handler), () => false],
  [
    'inTransaction, name',
    (value) => inTransaction(pool, value as never, handler),
    (value) => typeof value === 'string' && value !== '' && value.length <= 255,
  ],
  ['inTransaction, handler', (value) => inTransaction(pool, 'effect', value as never), right.function],
  ['reconcile, callbacks', (value) => reconcile(value as never, { environment: 'sandbox', jobs: [] }), () => false],
  ['pgBossInbox', (value) => pgBossInbox(value as never), () => false],
  ['pgBossWorker, callbacks', (value) => pgBossWorker(value as never, boss), () => false],
  ['pgBossWorker, boss', (value) => pgBossWorker(callbacks, value as never), () => false],
  ['on, names', (value) => callbacks.on(value as never, handler), () => false],
  ['on, handler', (value) => callbacks.on('approved', value as never), right.function],
  ['onAny, handler', (value) => callbacks.onAny(value as never), right.function],
  ['onUnrecognized, handler', (value) => callbacks.onUnrecognized(value as never), right.function],
  ['onJob, job id', (value) => callbacks.onJob(value as never, handler), right.text],
  ['onPartnerParam, key', (value) => callbacks.onPartnerParam(value as never, 'value', handler), right.text],
  [
    'onPartnerParam, value',
    (value) => callbacks.onPartnerParam('key', value as never, handler),
    (value) => ['string', 'boolean'].includes(typeof value) || Number.isFinite(value),
  ],
  ['waitForJob, job id', (value) => callbacks.waitForJob(value as never, { timeout: 1 }), right.text],
  ['forget', (value) => callbacks.forget(value as never), right.text],
  ['urlFor, base', (value) => minting.urlFor(value as never, 'reference'), () => false],
  [
    'urlFor, reference',
    (value) => minting.urlFor('https://receiver.test', value as never),
    (value) => typeof value === 'string' && value !== '' && value.length <= 255,
  ],
  ['sample, product', (value) => sample(value as never, 'approved'), () => false],
  ['sample, outcome', (value) => sample('biometric_kyc', value as never), () => false],
  ['jobStory, product', (value) => jobStory(value as never), () => false],
  ['deliver, target', (value) => deliver(value as never, { headers: {}, body: '' }), right.function],
  ['deliver, delivery', (value) => deliver(callbacks, value as never), () => false],
  ['shuffle', (value) => shuffle(value as never), Array.isArray],
  ['shuffle, seed', (value) => shuffle([], value as never), right.number],
]

/** Functions of events and payloads, which take no options: a wrong one is a wrong type. */
const ofData = ['available', 'endUserMessage', 'isAvailable', 'isV1Payload', 'isV3Payload', 'mergeJob']

test('every public function is tried here', () => {
  const report = readFileSync(new URL('../packaging/api-report.txt', import.meta.url), 'utf8')
  const names = [...new Set([...report.matchAll(/^declare function (\w+)/gm)].map(([, name = '']) => name))]
  const tried = [...targets.map(({ name }) => name), ...besideOptions.map(([name]) => name), ...ofData].map(
    (name) => /^\w+/.exec(name)?.[0],
  )
  expect(names.length).toBeGreaterThan(30)
  expect(names.filter((name) => !tried.includes(name))).toEqual([])
})

describe('arguments beside options', () => {
  test.each(besideOptions)('%s', async (what, call, isRight) => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        if (isRight(value) || value === undefined) return
        expectMistake(await errorOf(() => call(value)), `${what}: ${fc.stringify(value).slice(0, 200)}`)
      }),
      { numRuns: 40, examples: odd.map((value) => [value]) },
    )
  })
})

const minting = smileIdCallbacks({ ...testOptions, callbackSecret: 'a secret of some length' })
