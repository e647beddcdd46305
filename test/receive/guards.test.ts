import { describe, expect, test } from 'vitest'
import { smileIdAddresses } from '../../src/index.ts'
import { mismatches } from '../../src/receive/guards/mismatch.ts'
import {
  type AddressRules,
  checkClientAddress,
  readSender,
  compileAddressRules,
} from '../../src/receive/guards/address.ts'
import { checkAge } from '../../src/receive/guards/signature.ts'
import {
  checkCallbackUrl,
  checkDeclaredLength,
  checkHeaderSizes,
  checkMediaType,
} from '../../src/receive/guards/outside.ts'
import { bodyClaim, type Candidate, headerClaim, matchCredential } from '../../src/receive/guards/signature.ts'
import { readHeaders } from '../../src/receive/headers.ts'
import { isRefusal } from '../../src/report/refusal.ts'
import { apiKeyOf, constantTimeEqual, sign, signingKey } from '../../src/signature/sign.ts'
import { now, senderIp, signedAt } from '../support/deliveries.ts'

describe('media type', () => {
  test.each<[type: string | undefined, encoding?: string]>([
    [undefined],
    ['application/json'],
    ['Application/JSON'],
    ['text/json'],
    ['application/vnd.smile-id.v3+json'],
    [' application/json ; charset=utf-8'],
    ['application/json;charset=UTF8'],
    ['application/json; version=1; charset="us-ascii"'],
    ['application/json; charset="UTF-8"; version=1'],
    ['application/json;'],
    [undefined, ''],
    ['application/json', 'identity'],
    ['application/json', ' GZIP '],
    ['application/json', 'x-gzip'],
    ['text/json', 'deflate'],
    [undefined, 'br'],
  ])('%j in %j passes', (type, encoding) => {
    expect(checkMediaType(type, encoding)).toBeUndefined()
  })

  test.each<[type: string | undefined, encoding?: string]>([
    ['json'],
    ['image/json'],
    ['xapplication/json'],
    ['application/jsonp'],
    ['application/json+x'],
    ['application/+json'],
    ['application/a b+json'],
    ['application/x-ndjson'],
    ['application/json; charset='],
    ['application/json; charset=""'],
    ['application/json; charset="utf-8'],
    ['application/json; charset=utf-8"'],
    ['application/json; charset=utf-16'],
    ['application/json; charset=x"utf-8"'],
    ['application/json; charset="utf-8"x'],
    ['application/json; charset=u"tf-8"'],
    ['application/json; charset="utf"-8'],
    ['application/json; version=1; charset=latin1'],
    ['application/json', 'zstd'],
    ['application/json', 'gzip, br, gzip'],
    ['application/json', 'gzip, zstd'],
    [undefined, 'compress'],
  ])('%j in %j is refused', (type, encoding) => {
    expect(checkMediaType(type, encoding)).toMatchObject({ code: 'unsupported_media_type' })
  })
})

describe('client address', () => {
  const rules = (...list: string[]) => compileAddressRules(list) as AddressRules

  test.each([
    'x52.36.32.43:1',
    '52.36.32.43:1x',
    '52.36.32.43:',
    '52.36.32.43:x',
    '[52.36.32.43',
    'x[::ffff:3424:202b]',
    '[::ffff:3424:202b]x',
    '[::ffff:3424:202b]:',
    '[::ffff:3424:202b]:4x',
    '[]',
    '::3424:202b',
    '1::ffff:3424:202b',
  ])('%j is not one that is allowed', (address) => {
    expect(rules(senderIp, '::2').allows(senderIp)).toBe(true)
    expect(rules(senderIp, '::2').allows(address)).toBe(false)
  })

  test('brackets and ports of any length are read', () => {
    for (const address of ['10.20.30.40:65535', '[::ffff:10.20.30.40]', '[::ffff:a14:1e28]:65535'])
      expect(rules('10.20.30.0/24').allows(address), address).toBe(true)
  })

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/8x',
    '10.0.0.0/x8',
    '10.0.0.0/-1',
    '10.0.0.0/1e1',
    '10.0.0.0/0008',
    '10.0.0.1:80',
    '[::1]',
    '::/129',
    '2001:db8::/1280',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/129',
    '/8',
    '010.0.0.1',
  ])('the rule %j is named as one that cannot be', (rule) => {
    expect(compileAddressRules(['192.0.2.1', rule])).toEqual({ bad: rule })
  })

  test.each<[rule: string, inside: string, outside: string]>([
    ['10.0.0.0/32', '10.0.0.0', '10.0.0.1'],
    ['::/0', '2001:db8::1', '10.0.0.1'],
    ['::ffff:10.0.0.0/96', '192.0.2.1', '::1'],
    ['::ffff:10.0.0.1/128', '10.0.0.1', '10.0.0.2'],
    ['2001:db8::1/128', '2001:db8::1', '2001:db8::2'],
  ])('%s allows %s and not %s', (rule, inside, outside) => {
    expect(rules(rule).allows(inside)).toBe(true)
    expect(rules(rule).allows(outside)).toBe(false)
  })

  test('of addresses that are not allowed only one of a newer list gets a hint', () => {
    const newer = smileIdAddresses.production.find(
      (one) => !(smileIdAddresses.published as readonly string[]).includes(one),
    )!
    const hint = (address: string, allowed: readonly string[] = smileIdAddresses.published) =>
      checkClientAddress(readSender(address), compileAddressRules(allowed) as AddressRules, {})?.hint
    expect(hint(newer)).toContain('newer production list')
    expect(hint(newer, ['192.0.2.1'])).toContain('newer production list')
    expect(hint(newer, smileIdAddresses.production)).toBeUndefined()
    expect(hint('203.0.113.9')).toBeUndefined()
    for (const address of ['localhost', '::203.0.113.9']) expect(hint(address)).toContain('not an address')
  })
})

describe('sizes', () => {
  test('a declared length over the limit', () => {
    expect(checkDeclaredLength('1001', 1000)).toMatchObject({ code: 'body_too_large' })
    for (const length of [undefined, '', '0', '1000', 'x']) expect(checkDeclaredLength(length, 1000)).toBeUndefined()
  })

  test.each([
    'content-type',
    'content-encoding',
    'content-length',
    'response-signature',
    'response-timestamp',
    'job-id',
    'user-id',
  ])('a long %s', (name) => {
    expect(checkHeaderSizes(readHeaders({ [name]: '1'.repeat(1_025) }))).toMatchObject({ code: 'headers_too_large' })
    expect(checkHeaderSizes(readHeaders({ [name]: '1'.repeat(1_024) }))).toBeUndefined()
  })
})

describe('callback URL', () => {
  const urls = { read: (url: string | undefined) => (url === '/in?ok' ? '' : undefined) }

  test('what is read is the reference, even an empty one', () => {
    expect(checkCallbackUrl('/in?ok', urls as never)).toEqual({ reference: '' })
    expect(checkCallbackUrl('/in?ok', undefined)).toEqual({})
  })

  test('a delivery without its url is refused with the fix, and so is one with another', () => {
    expect(checkCallbackUrl(undefined, urls as never)).toMatchObject({
      code: 'callback_url_mismatch',
      hint: 'callbackSecret is set, but the delivery was passed without its url.',
    })
    expect(checkCallbackUrl('/in', urls as never)).toMatchObject({
      code: 'callback_url_mismatch',
      facts: { cause: 'url_query_lost' },
    })
    expect(checkCallbackUrl('/in?reference=x', urls as never)).toMatchObject({
      code: 'callback_url_mismatch',
      facts: { cause: 'url_forged' },
    })
  })
})

describe('age', () => {
  const limits = { maxAge: 1_000, maxSkew: 100 }
  test.each<[at: number, expected: string | undefined]>([
    [-1_001, 'timestamp_expired'],
    [-1_000, undefined],
    [0, undefined],
    [100, undefined],
    [101, 'timestamp_in_future'],
  ])('%i ms from now', (at, code) => {
    const checked = checkAge(String(now + at), now, limits)
    expect(isRefusal(checked) ? checked.code : checked).toBe(code ?? now + at)
  })

  const [second, minute, hour] = [1_000, 60_000, 3_600_000]
  const refusedAt = (ageMs: number, maxAge = 5 * minute, maxSkew = 4 * minute) =>
    checkAge(new Date(now - ageMs).toISOString(), now, { maxAge, maxSkew })

  test.each<[why: string, ageMs: number, cause: string, maxAge?: number]>([
    ['a replay', 50 * minute, 'stale'],
    ['half an hour off a whole hour', 90 * minute, 'stale'],
    ['an hour', hour, 'time_zone'],
    ['an hour and the three minutes that a delivery takes', hour + 3 * minute, 'time_zone'],
    ['more than these', hour + 3 * minute + 1, 'stale'],
    ['almost an hour', hour - 3 * minute, 'time_zone'],
    ['the furthest zone', 14 * hour, 'time_zone'],
    ['beyond every zone', 15 * hour, 'stale'],
    ['ahead by a zone', -hour, 'time_zone'],
    ['ahead by the furthest', -14 * hour, 'time_zone'],
    ['ahead beyond every zone', -15 * hour, 'clock_behind'],
    ['ahead by minutes', -10 * minute, 'clock_behind'],
    ['a limit in seconds', 6 * second, 'max_age_short', 5],
    ['a limit of less than a minute', hour, 'max_age_short', minute - 1],
    ['a limit of a minute', 2 * minute, 'stale', minute],
    ['ahead, with a limit in seconds', -10 * minute, 'clock_behind', 5],
  ])('%s: %i ms is refused with cause %s', (_, ageMs, cause, maxAge) => {
    expect(refusedAt(ageMs, maxAge)).toMatchObject({ facts: { cause } })
  })

  test('a timestamp in seconds is told by its digits', () => {
    const causeOf = (digits: string) => {
      const checked = checkAge(digits, now, { maxAge: 20 * minute, maxSkew: minute })
      return isRefusal(checked) ? checked.facts?.cause : checked
    }
    for (const digits of ['999999999', '1760432400', '99999999999']) expect(causeOf(digits)).toBe('epoch_seconds')
    for (const digits of ['99999999', '999999999999', '1970-01-21T00:00:00Z']) expect(causeOf(digits)).toBe('stale')
  })

  test.each<[ageMs: number, code: string, hint: string, maxAge?: number]>([
    [
      50 * minute,
      'timestamp_expired',
      'The signature is 50 min old, and maxAge is 5 min: a late retry, a clock that is ahead, or a replay of an old callback.',
    ],
    [
      -10 * minute,
      'timestamp_in_future',
      'The signature is 10 min ahead, and maxSkew is 4 min: the clock of this machine is behind.',
    ],
    [
      3 * hour,
      'timestamp_expired',
      'The signature is 3 h old, and maxAge is 5 min: whole hours, so this clock or a time zone is wrong.',
    ],
    [
      50 * minute,
      'timestamp_expired',
      'The signature is 50 min old, and maxAge is 30 s: it is in ms, and was probably set in seconds.',
      30 * second,
    ],
  ])('%i ms: %s, with its age and limit', (ageMs, code, hint, maxAge = 5 * minute) => {
    const limitMs = ageMs > 0 ? maxAge : 4 * minute
    const facts = { signedAt: new Date(now - ageMs).toISOString(), ageMs, limitMs }
    expect(refusedAt(ageMs, maxAge)).toMatchObject({ code, hint, facts: { details: facts } })
  })

  test('seconds: the hint says that Smile ID counts milliseconds', () => {
    expect(checkAge('1760432400', now, { maxAge: 5 * minute, maxSkew: minute })).toMatchObject({
      code: 'timestamp_expired',
      hint: expect.stringMatching(/: the timestamp is in seconds, and Smile ID counts milliseconds\.$/) as string,
    })
  })
})

describe('signature', () => {
  const pair = { 'response-signature': 'AAAA', 'response-timestamp': signedAt }

  test('a pair of headers is a v3 claim, none is no claim', () => {
    expect(headerClaim(readHeaders(pair))).toEqual({
      generation: 'v3',
      signature: 'AAAA',
      possibleSignedStrings: [signedAt],
    })
    expect(headerClaim(readHeaders({}))).toBeUndefined()
  })

  test.each<[string, Record<string, string | undefined>]>([
    ['no signature', { 'response-signature': undefined }],
    ['no timestamp', { 'response-timestamp': undefined }],
    ['an empty signature', { 'response-signature': '' }],
    ['an empty timestamp', { 'response-timestamp': '' }],
    ['both empty', { 'response-signature': '', 'response-timestamp': '' }],
    ['an empty signature and no timestamp', { 'response-signature': '', 'response-timestamp': undefined }],
    ['an empty timestamp and no signature', { 'response-signature': undefined, 'response-timestamp': '' }],
  ])('half a pair is refused, and never asks the body: %s', (_, change) => {
    expect(headerClaim(readHeaders({ ...pair, ...change }))).toMatchObject({
      code: 'signature_missing',
      hint: 'Response-Signature and Response-Timestamp come as a pair; one is missing.',
      facts: { cause: 'half_header_pair' },
    })
  })

  const claimOf = (change: object) => {
    const claim = bodyClaim({ signature: 'AAAA', timestamp: signedAt, ...change })
    return isRefusal(claim) ? claim.code : claim
  }

  test.each<[string, object, string]>([
    ['an empty signature', { signature: '' }, 'signature_missing'],
    ['a signature that is null', { signature: null }, 'signature_missing'],
    ['a timestamp that is null', { timestamp: null }, 'signature_missing'],
    ['a timestamp that is true', { timestamp: true }, 'timestamp_invalid'],
    ['a timestamp in a list', { timestamp: [signedAt] }, 'timestamp_invalid'],
    ['a signature of 1 025 characters', { signature: 'x'.repeat(1_025) }, 'signature_mismatch'],
    ['a timestamp of 1 025 characters', { timestamp: 'x'.repeat(1_025) }, 'timestamp_invalid'],
  ])('a body makes no claim with %s', (_, change, code) => {
    expect(claimOf(change)).toBe(code)
  })

  test('a body makes a claim with what it has, up to 1 024 characters', () => {
    expect(claimOf({ timestamp: now })).toEqual({
      generation: 'v1',
      signature: 'AAAA',
      possibleSignedStrings: [String(now), signedAt],
    })
    expect(claimOf({ signature: 'x'.repeat(1_024), timestamp: 'y'.repeat(1_024) })).toEqual({
      generation: 'v1',
      signature: 'x'.repeat(1_024),
      possibleSignedStrings: ['y'.repeat(1_024)],
    })
    for (const body of [undefined, null, 7, 'text', [], {}])
      expect(bodyClaim(body)).toMatchObject({ code: 'signature_missing' })
  })

  const candidate = (apiKey: string, label: string): Candidate => ({
    ...signingKey('085', apiKey),
    credential: { partnerId: '085', label },
    realm: undefined,
  })
  const [a, b, again] = [candidate('key-a', 'a'), candidate('key-b', 'b'), candidate('key-b', 'again')]

  test('the first candidate and the first text that fit are the proof', () => {
    const claim = { generation: 'v1' as const, signature: sign('t2', b), possibleSignedStrings: ['t1', 't2'] }
    expect(matchCredential(claim, [a, b, again])).toEqual({
      generation: 'v1',
      credential: b.credential,
      key: b,
      timestamp: 't2',
      signature: claim.signature,
    })
  })

  test.each<[partnerId: string, signedAs: string, generation: 'v1' | 'v3', fits: boolean]>([
    ['085', '85', 'v3', true],
    ['007', '7', 'v3', true],
    ['007', '007', 'v3', true],
    ['007', '07', 'v3', false],
    ['100', '10', 'v3', false],
    ['100', '1', 'v3', false],
    ['0', '', 'v3', false],
    ['085', '85', 'v1', false],
  ])('partner %s, signed as %j in %s: %s', (partnerId, signedAs, generation, fits) => {
    const signature = sign('t', signingKey(signedAs, 'key-a'))
    const own = { ...signingKey(partnerId, 'key-a'), credential: { partnerId }, realm: undefined }
    const proof = matchCredential({ generation, signature, possibleSignedStrings: ['t'] }, [own])
    // Shown as the app has it.
    expect(proof?.credential).toEqual(fits ? { partnerId } : undefined)
  })

  test('without a fit there is no proof, and the refusal says what was tried', () => {
    const claim = { generation: 'v3' as const, signature: sign('t', a), possibleSignedStrings: ['t'] }
    expect(matchCredential(claim, [b])).toBeUndefined()
    expect(matchCredential({ ...claim, possibleSignedStrings: ['u'] }, [a])).toBeUndefined()
    const mismatch = mismatches()
    expect(mismatch(claim, [b])).toMatchObject({
      code: 'signature_mismatch',
      facts: { details: { partners: [b.partnerId] } },
    })
    expect(mismatch(claim, [])).toMatchObject({
      code: 'signature_mismatch',
      hint: 'No credential was given for this delivery.',
      facts: { cause: 'no_credentials' },
    })
  })

  // Made with: printf '%s' '2026-10-14T09:00:00.000Z085sid_request' | openssl dgst -sha256 -hmac KEY -binary | base64
  test.each([
    ['test-key-not-a-secret', 'ytw+Rajlb3Z0DyeRRcWWbPeFNrC6kyRPL9vimBq6ok8='],
    ['clé', 'VFRqv9WuBhreBojQ6QFBmZp6E6FBYNUtZGryy6mgWak='],
  ])('the key %s signs as openssl does', (apiKey, signature) => {
    expect(sign('2026-10-14T09:00:00.000Z', signingKey('085', apiKey))).toBe(signature)
    expect(apiKeyOf(signingKey('085', apiKey))).toBe(apiKey)
  })

  test('texts are the same only as a whole', () => {
    expect(constantTimeEqual('abc', 'abc')).toBe(true)
    for (const other of ['', 'ab', 'abcd', 'abd', 'xbc', 'ABC', 'äb', 'abé'])
      expect(constantTimeEqual('abc', other), other).toBe(false)
  })
})
