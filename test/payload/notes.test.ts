import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { payloadSchemas, strictPayloadSchemas, type SchemaName } from '../../src/index.ts'
import { notesOn } from '../../src/payload/notes.ts'
import { closed, each, type Field, open, text, texts } from '../../src/types/payload/fields.ts'
import { payloadFields } from '../../src/types/payload/index.ts'
import { fixtures } from '../support/deliveries.ts'

type Body = Record<string, unknown>

const names = Object.keys(payloadSchemas) as SchemaName[]

/** What zod itself says: the source that the walk is held to. */
function byZod(schema: z.ZodType, payload: Body, code: 'other' | 'unrecognized_keys'): string[] {
  const issues = (schema.safeParse(payload).error?.issues ?? []).filter(
    (issue) => (issue.code === 'unrecognized_keys') === (code === 'unrecognized_keys'),
  )
  const text = (path: readonly PropertyKey[]) =>
    path.map((step, at) => (typeof step === 'number' ? '[]' : `${at === 0 ? '' : '.'}${String(step)}`)).join('')
  return [
    ...new Set(
      issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? named(issue.keys).map((key) => text([...issue.path, key]))
          : [text(issue.path)],
      ),
    ),
  ]
}

// An object with many keys of its own is keyed by data.
const named = (keys: readonly string[]): readonly string[] => (keys.length > 10 ? ['*'] : keys)

const keysOf = ({ fields, items }: Field): string[] =>
  [...(fields ?? [])].flatMap(([key, inner]) => [key, ...keysOf(inner)]).concat(items ? keysOf(items) : [])

describe('the walk says what zod says', () => {
  test.each(names)('%s', (name) => {
    const known = [...new Set(keysOf(payloadFields[name]))]
    const key = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...known) },
      { weight: 1, arbitrary: fc.constantFrom('New_Key', 'newKey2', 'x') },
    )
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(null, true, 7, 'text', '', -1.5, Number.POSITIVE_INFINITY),
      fc.string(),
    )
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, weight: 1, arbitrary: leaf } as never,
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 6 }),
      ),
    }))
    const genuine = [...fixtures('v1'), ...fixtures('v3')].map(({ payload }) => payload)
    const payload = fc.oneof(
      fc.dictionary(key, value, { maxKeys: 8 }),
      fc
        .tuple(fc.constantFrom(...genuine), fc.dictionary(key, value, { maxKeys: 3 }))
        .map(([body, change]) => ({ ...body, ...change })),
    )
    fc.assert(
      fc.property(payload, (body: Body) => {
        const found = notesOn(body, payloadFields[name])
        expect([...found.types].sort()).toEqual(byZod(strictPayloadSchemas[name], body, 'other').sort().slice(0, 20))
        expect([...found.types].sort()).toEqual(byZod(payloadSchemas[name], body, 'other').sort().slice(0, 20))
        expect([...found.newKeys].sort()).toEqual(byZod(strictPayloadSchemas[name], body, 'unrecognized_keys').sort())
      }),
      { numRuns: 150 },
    )
  })
})

describe('a look is bounded', () => {
  const documented = closed({ list: texts, a: closed({ b: text }) })

  test('in lists', () => {
    const texts = Array.from({ length: 50 }, () => 'x')
    expect(notesOn({ list: texts }, documented).types).toEqual([])
    expect(notesOn({ list: [...texts.slice(1), 1] }, documented).types).toEqual(['list[]'])
    expect(notesOn({ list: [...texts, 1] }, documented).types).toEqual([])
  })

  test('in number', () => {
    const names = Array.from({ length: 30 }, (_, i) => `k${i}`)
    const wrong = Object.fromEntries(names.map((name) => [name, 1]))
    expect(notesOn(wrong, open(each(names, text))).types).toEqual(names.slice(0, 20))
    const lists = closed(each(names.slice(0, 5), closed({})))
    const body = Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [`k${i}`, Object.fromEntries('abcdefgh'.split('').map((key) => [key, 1]))]),
    )
    expect(notesOn(body, lists).newKeys).toHaveLength(20)
  })

  test('and names no key that could be data', () => {
    for (const key of [
      '08012345678',
      'Ada Example',
      'ada@example.com',
      'a'.repeat(42),
      'x-1',
      'id90',
      '',
      '__proto__'.slice(2),
      'é',
    ]) {
      const { newKeys } = notesOn(JSON.parse(JSON.stringify({ a: { [key]: 1 } })) as Body, documented)
      expect(newKeys, key).toEqual([/^[A-Za-z][A-Za-z_]{0,39}\d?$/.test(key) ? `a.${key}` : 'a.*'])
    }
    const keyedByNames = Object.fromEntries('abcdefghijk'.split('').map((letter) => [`Name_${letter}`, 1]))
    expect(notesOn({ a: keyedByNames }, documented).newKeys).toEqual(['a.*'])
    expect(notesOn(JSON.parse('{"__proto__":{"list":7},"constructor":1}') as Body, documented)).toEqual({
      types: [],
      newKeys: ['*'],
    })
  })
})
