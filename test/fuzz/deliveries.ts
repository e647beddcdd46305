import { credential, fixtures, now, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { encoded } from './body-forms.ts'
import type { Random } from './random.ts'

/** A delivery that no receiver may crash on, answer 500, or take for an approval. */
export interface HostileDelivery {
  method: string
  headers: Record<string, string | string[]>
  body: string | Uint8Array
}

const forger = { ...credential, apiKey: 'the key of a forger' }
const genuine = [...fixtures('v1'), ...fixtures('v3')]
/** Bodies that approve nobody, whatever becomes of a few of their bytes. */
const unapproving = genuine.filter(({ payload: { status, ResultCode: code } }) =>
  ['0811', '0814', '1013', '5211', 'block', 'error', 'attention', 'processing'].some(
    (word) => word === (status ?? code),
  ),
)
if (unapproving.length < 10) throw new Error('The fixtures have moved: too few approve nobody.')

/** Costly for the event loop: sent now and then, and each measured by itself. */
export const heavyBodies: readonly [name: string, body: string][] = [
  ['1.5 MB of [', '['.repeat(1_500_000)],
  ['1.5 MB of {"a":', '{"a":'.repeat(300_000)],
  ['750 kB of [ and of ]', '['.repeat(750_000) + ']'.repeat(750_000)],
  ['120 000 keys', `{${Array.from({ length: 120_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ['19 000 keys', `{${Array.from({ length: 19_000 }, (_, i) => `"k${i}":1`).join(',')}}`],
  ['one key 19 000 times', `{${Array(19_000).fill('"k":1').join(',')}}`],
  ['1.5 MB of one text', `{"a":"${'x'.repeat(1_500_000)}"}`],
  ['1.5 MB of escapes', `{"a":"${'\\u0041'.repeat(250_000)}"}`],
  ['1.5 MB of backslashes', `{"a":"${'\\'.repeat(1_500_000)}"}`],
  ['1.5 MB of quotes', '"'.repeat(1_500_000)],
  ['1.5 MB of spaces', ' '.repeat(1_500_000)],
  ['a number of 1.5 MB', `{"a":${'9'.repeat(1_500_000)}}`],
  ['1.5 MB of NUL', '\0'.repeat(1_500_000)],
  ['190 000 items', `[${'0,'.repeat(190_000)}0]`],
  ['190 000 empty objects', `[${'{},'.repeat(190_000)}{}]`],
  [
    '130 000 short texts',
    `[${Array.from({ length: 130_000 }, (_, i) => `"${String(i).padStart(8, '0')}"`).join(',')}]`,
  ],
  ['19 000 objects of one key', `[${Array.from({ length: 19_000 }, (_, i) => `{"k${i}":1}`).join(',')}]`],
  [
    '1 300 people of 50 fields',
    `{"people":[${Array.from({ length: 1_300 }, (_, i) => `{${Array.from({ length: 50 }, (_, f) => `"f${f}":"v${i}.${f}"`).join(',')}}`).join(',')}]}`,
  ],
]

const values = [
  'null',
  'true',
  '-0',
  '1e999',
  '-1e-999',
  '9'.repeat(400),
  '""',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  '[[[[]]]]',
  '{"__proto__":{"ResultCode":"0810"}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1}',
  '"__proto__"',
  '"\u2028"',
  '["a",1,null]',
  '"0012"',
  '"2026-10-14T09:00:00.000Z"',
  '1e21',
  '"http://[::"',
]
const keys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'job_id',
  'job_type',
  'user_id',
  'signature',
  'timestamp',
  'result',
  'Antifraud',
  'Actions',
  'PartnerParams',
  'partner_params',
  'SmileJobID',
  'ConfidenceValue',
  'IsFinalResult',
  'message',
  'reason',
  'product',
  'id_fields',
  'image_links',
  'history',
  '',
  '\u0000',
  '\ud800',
  'length',
  'then',
  'toJSON',
  'valueOf',
]
const headerValues = [
  '',
  ' ',
  'é',
  '\u0000',
  'x'.repeat(2_000),
  'AAAA',
  '2026-10-14T09:00:00.000Z ',
  ' 2026-10-14T09:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '-1',
  '1e99',
  'NaN',
  '0',
  'null',
  '[object Object]',
  '=',
  ',',
  '2026-10-14T09:00:00.000Z, 2026-10-14T09:00:00.000Z',
  'gzip, gzip',
  'identity',
  'br',
  'gzip',
  'text/json;;;',
  'application/json; charset="',
  '99999999999999999999',
  '-5',
  '0x10',
]
const headerNames = [
  'response-signature',
  'Response-Timestamp',
  'content-type',
  'Content-Length',
  'content-encoding',
  'job-id',
  'User-ID',
  'x-forwarded-for',
  '__proto__',
  'host',
]

const object = (random: Random, members: number): string =>
  `{${Array.from({ length: members }, () => `${JSON.stringify(random.pick(keys))}:${random.pick(values)}`).join(',')}}`

function bytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

/** Cut, doubled, overwritten, stuffed. */
function mutated(random: Random, text: string): Uint8Array {
  let raw = Buffer.from(text)
  for (let i = 1 + random.below(4); i > 0; i -= 1) {
    const at = random.below(raw.length + 1)
    const parts = [raw.subarray(0, at), raw.subarray(at)] as const
    raw = random.pick([
      () => parts[0],
      () => Buffer.concat([parts[0], bytes(random, 1 + random.below(8)), parts[1]]),
      () => Buffer.concat([parts[0], Buffer.from(random.pick(values)), parts[1].subarray(random.below(6))]),
      () => Buffer.concat([raw, raw]),
      () => Buffer.concat([parts[0], parts[1].subarray(1)]),
    ])()
  }
  return raw
}

/** Everything a stranger can send: no delivery of these is signed with our key. */
function unsigned(random: Random): HostileDelivery {
  const payload = { ...random.pick([v1Payload, v3Payload]) }
  const base = random.chance(0.5)
    ? v1Delivery({ credential: forger, payload })
    : v3Delivery({ credential: forger, payload })
  const { headers, body } = random.chance(0.3) ? random.pick(genuine) : base
  return {
    method: random.chance(0.98) ? 'POST' : random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    headers: random.chance(0.5) ? headers : hostileHeaders(random, headers),
    body: random.pick([
      () => bytes(random, random.below(300)),
      () => mutated(random, body),
      () => object(random, random.below(12)),
      () => body,
      () => random.pick(values),
    ])(),
  }
}

/** Signed with our key, as one who captured a signature can: hostile in every part that is not the verdict. */
function signed(random: Random): HostileDelivery {
  // v3 signs no byte of the body, so that what is damaged gets past the signature, to the parser and the decoder.
  if (random.chance(0.3))
    return {
      ...v3Delivery({ jobId: random.pick([undefined, 'job-1']) }),
      body: mutated(random, random.pick(unapproving).body),
    }
  const verdict = random.pick([
    { ResultCode: '0811' },
    { ResultCode: '0814' },
    { ResultCode: '5211' },
    { ResultCode: '1012', ResultType: 'ID Verification' },
    { status: 'block', product: 'document_verification' },
    { status: 'processing', product: 'biometric_kyc' },
    {},
  ])
  const junk = JSON.parse(object(random, random.below(8)).replaceAll('"0012"', '"0811"')) as Record<string, unknown>
  const params = JSON.parse(object(random, random.below(8))) as Record<string, unknown>
  const isV1 = 'ResultCode' in verdict
  const payload = {
    ...junk,
    ...(random.chance(0.8) && {
      [isV1 ? 'PartnerParams' : 'partner_params']: { ...params, job_type: random.pick([1, '6', null, '1e3']) },
    }),
    ...verdict,
  }
  const timestamp = random.pick([
    new Date(now).toISOString(),
    String(now),
    now,
    '2026-10-14T08:59:00.614879',
    'yesterday',
    '',
    '9999-12-31T23:59:59.999Z',
    -1,
    1e300,
  ])
  const jobId = random.pick([undefined, '', 'job-1', '__proto__', '../..', 'é', 'x'.repeat(900)])
  const sent = v3Delivery({ payload, timestamp, jobId: jobId || undefined, userId: undefined })
  // The test kit signs no delivery with an empty id.
  const withId = jobId === '' ? { ...sent, headers: { ...sent.headers, 'Job-ID': '' } } : sent
  const delivery = random.chance(0.5) ? v1Delivery({ payload, timestamp }) : withId
  if (random.chance(0.8)) return delivery
  return { ...delivery, headers: hostileHeaders(random, delivery.headers) }
}

function hostileHeaders(random: Random, headers: Record<string, string>): HostileDelivery['headers'] {
  const hostile: HostileDelivery['headers'] = { ...headers }
  for (let i = 1 + random.below(3); i > 0; i -= 1) {
    const value = random.pick(headerValues)
    Object.defineProperty(hostile, random.pick(headerNames), {
      value: random.chance(0.2) ? [value, random.pick(headerValues)] : value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return hostile
}

export function hostileDelivery(random: Random): HostileDelivery {
  const plain = plainDelivery(random)
  if (!random.chance(0.08)) return plain
  const { body, header } = encoded(random, plain.body)
  return { ...plain, headers: { ...plain.headers, 'Content-Encoding': header }, body }
}

function plainDelivery(random: Random): HostileDelivery {
  if (random.chance(0.001))
    return {
      ...(random.chance(0.5) ? v1Delivery() : v3Delivery({ jobId: undefined })),
      body: random.pick(heavyBodies)[1],
    }
  return random.chance(0.6) ? unsigned(random) : signed(random)
}
