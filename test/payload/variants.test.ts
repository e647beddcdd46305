import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeTable, memoryStore } from '../../src/index.ts'
import { idsOf } from '../../src/events/id.ts'
import { decode } from '../../src/payload/decode.ts'
import { indexCodes } from '../../src/payload/v1/subject.ts'
import { credential, v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

// One fact, written in every way that a serializer, a proxy or a spreadsheet may write it: it is the same event, or
// one that nobody acts on. It is never another verdict.

type Body = Record<string, unknown>
const codes = indexCodes(codeTable)

function read(body: Body, headers: { jobId?: string; userId?: string } = {}, signedBy: 'v1' | 'v3' = 'v1') {
  const decoded = decode(JSON.parse(JSON.stringify(body)), headers, codes, signedBy)
  if (!decoded) return undefined
  const { meaning, product } = decoded
  return {
    said: meaning.kind === 'result' ? meaning.outcome : meaning.kind === 'id_info' ? meaning.idStep : meaning.kind,
    product,
    ...idsOf(decoded, { params: {} }, { partnerId: '085', realm: undefined }),
  }
}

const pad = (digits: string, by: number) => '0'.repeat(by) + digits
const blanks = fc.constantFrom('', ' ', '  ', '\t', '\n')
const around = (word: fc.Arbitrary<string>) => fc.tuple(blanks, word, blanks).map((parts) => parts.join(''))
/** Also as text of another width, with a decimal part that says nothing. */
const number = (value: number, width = 1) =>
  fc.oneof(
    fc.constant(value),
    around(fc.constantFrom(String(value), String(value).padStart(width, '0'), `${value}.0`, `${value}.00`)),
  )
const bool = (value: boolean) =>
  fc.oneof(
    fc.constant(value),
    around(fc.constantFrom(String(value), String(value).toUpperCase(), value ? 'True' : 'False')),
  )
const id = (value: number) => fc.constantFrom(value, String(value))

interface Facts {
  code: number
  jobType: number | undefined
  isFinal: boolean | undefined
  confidence: number | undefined
}

const rows = codeTable.filter(({ jobType }) => typeof jobType === 'number' || jobType === 'any')
const facts: fc.Arbitrary<Facts> = fc
  .record({
    row: fc.constantFrom(...rows),
    hasJobType: fc.boolean(),
    otherJobType: fc.constantFrom(1, 2, 4, 5, 6, 7, 10, 11, 15),
    isFinal: fc.constantFrom(true, false, undefined),
    confidence: fc.constantFrom(0, 99, 100, undefined),
  })
  .map(({ row, hasJobType, otherJobType, isFinal, confidence }) => ({
    code: Number(row.code),
    jobType: hasJobType ? (typeof row.jobType === 'number' ? row.jobType : otherJobType) : undefined,
    isFinal,
    confidence,
  }))

const defined = (body: Body): Body =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))

const plain = ({ code, jobType, isFinal, confidence }: Facts): Body =>
  defined({
    ResultCode: pad(String(code), 4 - String(code).length),
    ResultText: 'text',
    SmileJobID: '0000056574',
    IsFinalResult: isFinal,
    ConfidenceValue: confidence,
    PartnerParams: defined({ job_id: '71', user_id: '72', job_type: jobType }),
  })

const written = ({ code, jobType, isFinal, confidence }: Facts): fc.Arbitrary<Body> =>
  fc
    .record({
      code: number(code, 4),
      name: fc.constantFrom('ResultCode', 'result_code'),
      jobType: jobType === undefined ? fc.constant(undefined) : number(jobType, 2),
      isFinal: isFinal === undefined ? fc.constantFrom(undefined, null) : bool(isFinal),
      confidence: confidence === undefined ? fc.constantFrom(undefined, null) : number(confidence),
      jobId: id(71),
      userId: id(72),
      smileJobId: fc.constantFrom('0000056574', 56574),
      wrapped: fc.boolean(),
      isReversed: fc.boolean(),
    })
    .map((sent) => {
      const body = defined({
        [sent.name]: sent.code,
        ResultText: 'text',
        SmileJobID: sent.smileJobId,
        IsFinalResult: sent.isFinal,
        ConfidenceValue: sent.confidence,
        PartnerParams: defined({ job_id: sent.jobId, user_id: sent.userId, job_type: sent.jobType }),
      })
      const ordered = sent.isReversed ? Object.fromEntries(Object.entries(body).reverse()) : body
      return sent.wrapped ? { result: ordered } : ordered
    })

describe('v1', () => {
  test('every way to write a callback gives the same event, or one that is unknown', () => {
    let same = 0
    fc.assert(
      fc.property(
        facts.chain((one) => fc.tuple(fc.constant(one), written(one))),
        ([one, body]) => {
          const expected = read(plain(one))
          const found = read(body)
          expect(expected).toBeDefined()
          if (found?.said === 'unknown' && expected?.said !== 'unknown') return
          expect(found).toEqual(expected)
          same += 1
        },
      ),
      { numRuns: 3_000 },
    )
    expect(same).toBeGreaterThan(2_900)
  })

  test('null, and a job type of blanks, say as much as nothing', () => {
    fc.assert(
      fc.property(
        facts,
        fc.constantFrom(null, '', ' '),
        fc.constantFrom('job_type', 'IsFinalResult', 'ConfidenceValue', 'Actions', 'ResultText'),
        (one, value, field) => {
          const body = plain(one)
          const change = (to: unknown) =>
            field === 'job_type'
              ? { ...body, PartnerParams: defined({ ...(body['PartnerParams'] as Body), job_type: to }) }
              : defined({ ...body, [field]: to })
          expect(read(change(value))?.said).toBe(read(change(undefined))?.said)
          expect(read(change(value))?.product).toBe(read(change(undefined))?.product)
        },
      ),
      { numRuns: 500 },
    )
    for (const value of [null, '', ' '])
      expect([undefined, 'unknown']).toContain(
        read({ ...plain({ code: 810, jobType: 1, isFinal: true, confidence: 99 }), ResultCode: value })?.said,
      )
  })

  test('what is no such number or word is never the verdict of another', () => {
    const odd = fc.oneof(
      fc.constantFrom(
        '0x32A',
        '8.1e2',
        '８１０',
        'O810',
        '0810;',
        '0810,0811',
        '+810',
        '-810',
        '810.5',
        '08 10',
        '１',
        '1e0',
        'yes',
        'no',
        '0',
        '1',
        0,
        1,
        -1,
        1.5,
        2 ** 53,
        true,
        false,
        [],
        ['0810'],
        [810],
        {},
        { code: '0810' },
      ),
      fc.string({ maxLength: 6 }),
      fc.double({ noNaN: true }),
    )
    fc.assert(
      fc.property(
        facts,
        fc.constantFrom('ResultCode', 'IsFinalResult', 'ConfidenceValue', 'job_type'),
        odd,
        (one, field, value) => {
          const body = plain(one)
          const expected = read(body)!
          const changed =
            field === 'job_type'
              ? { ...body, PartnerParams: { ...(body['PartnerParams'] as Body), job_type: value } }
              : { ...body, [field]: value }
          const found = read(changed)
          // What is another number or word in good form says something else; what is none says nothing.
          const isWellFormed =
            typeof value === 'number'
            || typeof value === 'boolean'
            || (typeof value === 'string' && /^\s*(\d+(\.0+)?|true|false)\s*$/i.test(value))
            || value === ''
          if (!found || isWellFormed) return
          // Where a word of IsFinalResult cannot be read, it is as if nothing had been said.
          const without =
            field === 'IsFinalResult' ? read(defined({ ...body, IsFinalResult: undefined }))!.said : undefined
          // A failed request is one for every job type.
          const failed = field === 'job_type' ? ['error', 'provisional'] : []
          expect([expected.said, 'unknown', without, ...failed]).toContain(found.said)
          if (field === 'ResultCode') expect(['unknown', 'provisional']).toContain(found.said)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('v3', () => {
  const base = {
    status: 'clear',
    product: 'document_verification',
    reason: null,
    message: 'ok',
    partner_params: { account_id: 'a' },
  }

  test('a status in another case or with blanks is the same or unknown', () => {
    const cases = (text: string) =>
      fc
        .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
        .map((upper) => text.replace(/./g, (letter, at: number) => (upper[at] ? letter.toUpperCase() : letter)))
    fc.assert(
      fc.property(
        fc
          .constantFrom('clear', 'block', 'attention', 'error', 'processing')
          .chain((status) => fc.tuple(fc.constant(status), around(cases(status)))),
        around(cases('document_verification')),
        ([status, sent], product) => {
          const expected = read({ ...base, status }, { jobId: 'job_1' }, 'v3')!
          const found = read({ ...base, status: sent, product }, { jobId: 'job_1' }, 'v3')
          if (found && found.said !== 'unknown')
            expect([found.said, found.verdictId]).toEqual([expected.said, expected.verdictId])
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a status that is no text is no verdict', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(null, true, 1, 0, ['clear'], { clear: true }), fc.double({ noNaN: true })),
        (status) => {
          expect([undefined, 'unknown']).toContain(read({ ...base, status }, { jobId: 'job_1' }, 'v3')?.said)
        },
      ),
    )
  })

  test('ids as number and as text are one job', () => {
    const ids = [71, '71'].flatMap((jobId) =>
      [72, '72'].map((userId) => read({ ...base, job_id: jobId, user_id: userId }, {}, 'v3')),
    )
    expect(new Set(ids.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(read(base, { jobId: '71', userId: '72' }, 'v3')?.verdictId).toBe(ids[0]?.verdictId)
  })
})

describe('on the wire', () => {
  const post = async (body: (signed: string) => string) => {
    const { post: give, events } = receiver({ store: memoryStore() })
    const delivery = v1Delivery({ payload: v1Payload, credential })
    const report = await give(delivery, { body: body(delivery.body) })
    return {
      code: report.code,
      id: events[0]?.id,
      verdictId: events[0]?.verdictId,
      outcome: events[0]?.kind === 'result' ? events[0].outcome : events[0]?.kind,
    }
  }

  test('a key that is sent twice counts as JSON says: the last one', async () => {
    const once = await post((body) => body)
    expect(once).toMatchObject({ code: 'accepted', outcome: 'approved' })
    expect(await post((body) => body.replace('{', '{"ResultCode":"0810",'))).toEqual(once)
    expect(await post((body) => body.replace('{', '{"ResultCode":"0811","IsFinalResult":"false",'))).toMatchObject({
      code: 'accepted',
      outcome: 'provisional',
    })
    expect(await post((body) => body.replace(/}$/, ',"ResultCode":"0811"}'))).toMatchObject({
      code: 'accepted',
      outcome: 'rejected',
    })
    expect(await post((body) => body.replace(/}$/, ',"ResultCode":null}'))).not.toMatchObject({ outcome: 'approved' })
    expect(await post((body) => body.replace(/}$/, ',"result_code":"0811"}'))).toMatchObject({ outcome: 'unknown' })
  })
})
