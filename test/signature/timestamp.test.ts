import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTimestamp, possibleSignedStrings } from '../../src/signature/sign.ts'

const time = Date.UTC(2026, 9, 14, 9, 0, 0, 614)

test.each([
  ['2026-10-14T09:00:00.614Z', time],
  ['2026-10-14T09:00:00.614879', time],
  ['2026-10-14T09:00:00.614879Z', time],
  ['2026-10-14T10:00:00.614+01:00', time],
  ['2026-10-14T09:00:00', time - 614],
  ['1791968400614', time],
])('%s is read', (text, expected) => {
  expect(parseTimestamp(text)).toBe(expected)
})

test('a time without a zone is in UTC, wherever it is read', () => {
  expect(new Date(time).getTimezoneOffset(), 'the tests run outside UTC').not.toBe(0)
  expect(parseTimestamp('2026-10-14T09:00:00.614')).toBe(time)
})

test.each([
  '',
  ' ',
  'now',
  '2026-10-14',
  ' 2026-10-14T09:00:00Z',
  '2026-10-14T09:00:00Z ',
  '2026-13-14T09:00:00Z',
  '2026-10-14T25:00:00Z',
  '-1',
  '1e12',
  '0x10',
  '1791968400614.5',
  '9'.repeat(16),
  '2026-10-14T09:00:00.Z',
  '２０２６-10-14T09:00:00Z',
])('%j is no timestamp', (text) => {
  expect(parseTimestamp(text)).toBeUndefined()
})

test('any time survives its ISO form', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => parseTimestamp(date.toISOString()) === date.getTime(),
    ),
  )
})

test('no text makes it throw, and what it reads is finite', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const read = parseTimestamp(text)
      return read === undefined || Number.isFinite(read)
    }),
  )
})

test('a number may have been signed as digits or as ISO; a text only as it is', () => {
  expect(possibleSignedStrings(time)).toEqual(['1791968400614', '2026-10-14T09:00:00.614Z'])
  expect(possibleSignedStrings(8.64e15 + 1)).toEqual(['8640000000000001'])
  expect(possibleSignedStrings('2026-10-14T09:00:00.614Z')).toEqual(['2026-10-14T09:00:00.614Z'])
})

test.each([
  '2026-10-14 09:00:00',
  '2026-10-14T09:00:00+0000',
  '2026-10-14T09:00:00+00',
  '2026-10-14T09:00:00z',
  '2026-10-14t09:00:00Z',
  '2026-10-14 09:00:00 +0000',
  '2026-10-14 10:30:00.000+0130',
  '2026-10-14 09:00:00 UTC',
])('%j is a time as common languages print it', (text) => {
  expect(parseTimestamp(text)).toBe(Date.parse('2026-10-14T09:00:00Z'))
})
