import { createHmac, createSecretKey, hash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byHashes, byObject, hmacOf } from '../../src/signature/hash.ts'

const ways = {
  'from two hashes': (key: Buffer) => byHashes(createSecretKey(key), hash),
  'by an Hmac object': (key: Buffer) => byObject(createSecretKey(key)),
}

// RFC 4231, test cases 1, 2, 6 and 7: those whose data is text.
const vectors: [what: string, key: Buffer, text: string, hex: string][] = [
  [
    'a key of 20 bytes',
    Buffer.alloc(20, 0x0b),
    'Hi There',
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    'a key shorter than the digest',
    Buffer.from('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    'a key longer than the block',
    Buffer.alloc(131, 0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    'a key and data longer than the block',
    Buffer.alloc(131, 0xaa),
    'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
]

describe.each(Object.entries(ways))('HMAC-SHA256 %s', (_, hmacBy) => {
  test.each(vectors)('as in RFC 4231: %s', (_what, key, text, hex) => {
    expect(Buffer.from(hmacBy(key)(text), 'base64').toString('hex')).toBe(hex)
  })

  test('is what Node makes of any key and text, call after call', () => {
    const keys = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(
        keys,
        fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        (key, texts) => {
          const hmac = hmacBy(key)
          for (const text of texts)
            expect(hmac(text)).toBe(createHmac('sha256', key).update(text, 'utf8').digest('base64'))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test.each([1, 63, 64, 65, 128])('is what Node makes of a key of %i bytes', (length) => {
    const key = Buffer.alloc(length, 'k')
    expect(hmacBy(key)('\ud800 lone, é, 🙂')).toBe(
      createHmac('sha256', key).update('\ud800 lone, é, 🙂', 'utf8').digest('base64'),
    )
  })
})

test('shows nothing of its key', () => {
  const shown = inspect(hmacOf(createSecretKey('canary-canary-canary', 'utf8')), { showHidden: true, depth: 9 })
  expect(shown).not.toContain('canary')
  expect(shown).not.toContain(Buffer.from('canary').toString('hex'))
})

test('leaves nothing of its key where others allocate', () => {
  const hmac = byHashes(createSecretKey(Buffer.alloc(64, 'k')), hash)
  const pool = Buffer.from(Buffer.allocUnsafe(1).buffer)
  hmac('short')
  hmac('x'.repeat(500))
  for (const pad of [0, 0x36, 0x5c]) expect(pool.includes(Buffer.alloc(16, 'k'.charCodeAt(0) ^ pad))).toBe(false)
})
