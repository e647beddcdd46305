import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { sign, signingKey } from '../../src/signature/sign.ts'

// Made by `printf '%s' 2026-01-02T03:04:05.678Z085sid_request | openssl dgst -sha256 -hmac key-1 -binary | base64`.
test('signs timestamp, partner id and purpose with HMAC-SHA256 in base64', () => {
  expect(sign('2026-01-02T03:04:05.678Z', signingKey('085', 'key-1'))).toBe(
    'Lu8lxh0/gx64xD2jZHr9BbgP3NcLK5CJOwny0ROcXyo=',
  )
})

test('shows nothing of its key', () => {
  const shown = inspect(signingKey('085', 'canary-canary-canary'), { showHidden: true, depth: 9 })
  expect(shown).not.toContain('canary')
  expect(shown).not.toContain(Buffer.from('canary').toString('hex'))
})
