import { expect, test } from 'vitest'
import { codes, type ReportCode } from '../../src/report/codes.ts'
import { codesIn, headingsOf, rowsUnder } from '../docs/readme.ts'
import { run } from './support.ts'

const offline = { env: {} }
const plain = (cell = '') => cell.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')

/** A row for each name in the first cell. */
const rowsOf = (file: string, heading: string) =>
  rowsUnder(file, heading).flatMap(([names = '', ...cells]) => codesIn(names).map((name) => ({ name, cells })))
const page = 'src/report/causes.md'
const refusedOptions = '## Options that are refused'
const causes = headingsOf(page).flatMap((heading) => (heading === refusedOptions ? [] : rowsOf(page, heading)))

test.each([
  ...rowsOf('src/report/README.md', '# Refusals').map(({ name, cells: [status, why, fix] }) => {
    return { name, status: Number(status), what: codes[name as ReportCode].sentence, why, fix }
  }),
  ...causes
    .filter(({ cells }) => cells.length > 1)
    .map(({ name, cells: [what, why, fix] }) => ({ name, what, why, fix })),
  ...rowsOf(page, refusedOptions).map(({ name, cells: [what, fix] }) => {
    const why = 'Options that cannot work are refused at once. The message of the error says more, and no secret.'
    return { name, what, why, fix }
  }),
])('$name: explain says what the page says', async ({ name, what, why, fix, ...status }) => {
  const { out, ...ran } = await run(`explain ${name} --json`, offline)
  expect(ran).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toEqual({ name, ...status, what: plain(what), why: plain(why), fix: plain(fix) })
})

test.each(causes.filter(({ cells }) => cells.length === 1))(
  '$name is explained by its code',
  async ({ name, cells }) => {
    const [cause, code] = [name, plain(cells[0])].map(async (word) => {
      return JSON.parse((await run(`explain ${word} --json`, offline)).out) as object
    })
    expect(await cause).toEqual({ ...(await code), name, status: undefined })
  },
)

test.each(['signature_mismatch', 'address_lost', 'store_failed', 'api_key_invalid'])('%s, printed', async (word) => {
  const { code, out, err } = await run(`explain ${word}`, offline)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatchSnapshot()
})

test.each([
  ['413', 'body_too_large'],
  ['404', 'The router never answers 404'],
  ['408', 'body_timeout'],
])('a status alone: %s', async (status, says) => {
  expect(await run(`explain ${status}`, offline)).toMatchObject({
    code: 2,
    err: expect.stringContaining(says) as unknown,
  })
})

test('words are taken as people type them', async () => {
  expect((await run('explain nothing in my log', offline)).out).toContain('No delivery reached the router')
  expect((await run('explain Signature-Mismatch', offline)).out).toBe(
    (await run('explain signature_mismatch', offline)).out,
  )
})

test.each(Object.keys(codes) as ReportCode[])('inspect explains a report of %s', async (code) => {
  const report = JSON.stringify({
    code,
    status: codes[code].status,
    durationMs: 1,
    receivedAt: '2026-10-14T09:00:00Z',
    ...whereabouts[code],
  })
  const { out, err, ...ran } = await run('inspect -', { ...offline, readStdin: () => Promise.resolve(report) })
  expect({ ran, err }).toEqual({ ran: { code: codes[code].status === 200 ? 0 : 1 }, err: '' })
  expect(out).toMatchSnapshot()
})

const stages = (...names: string[]) => names.map((name, index) => ({ name, atMs: index }))
const v1 = { clientIp: '52.36.32.43', generation: 'v1' }
const read = { ...v1, stages: stages('admitted', 'read'), body: { source: 'stream', bytes: 373 } }
const v3 = { clientIp: '52.36.32.43', generation: 'v3', stages: stages('admitted') }
const verified = {
  ...v3,
  stages: stages('admitted', 'verified', 'read'),
  credential: { partnerId: '085' },
  body: { source: 'stream', bytes: 373 },
}
const event = { event: { id: 'x', kind: 'result', product: 'document_verification', outcome: 'approved', final: true } }
const decoded = { ...verified, ...event, stages: stages('admitted', 'verified', 'read', 'decoded') }
const claimed = { ...decoded, stages: stages('admitted', 'read', 'verified', 'decoded', 'confirmed', 'claimed') }
const none = { stages: [] }

/** How far a delivery of each code comes. */
const whereabouts: Record<ReportCode, object> = {
  accepted: claimed,
  duplicate: decoded,
  unhandled: claimed,
  handler_rejected: claimed,
  method_not_allowed: none,
  ip_not_allowed: { ...none, clientIp: '203.0.113.9' },
  headers_too_large: none,
  callback_url_mismatch: none,
  unsupported_media_type: none,
  body_too_large: none,
  body_incomplete: { stages: stages('admitted') },
  body_timeout: { stages: stages('admitted') },
  body_too_complex: { stages: stages('admitted'), body: { source: 'stream', bytes: 900 } },
  too_many_bodies: { stages: stages('admitted') },
  malformed_json: { stages: stages('admitted'), body: { source: 'stream', bytes: 102_400 } },
  signature_missing: { stages: stages('admitted', 'read') },
  signature_mismatch: v3,
  timestamp_invalid: { ...read, generation: undefined },
  timestamp_expired: read,
  timestamp_in_future: v3,
  credentials_unavailable: v3,
  unrecognized_payload: verified,
  invalid_partner_params: verified,
  contradicted: decoded,
  not_confirmed: decoded,
  no_handlers: claimed,
  handler_failed: claimed,
  verdict_conflict: claimed,
  handler_timeout: claimed,
  in_progress: decoded,
  store_unavailable: decoded,
  inbox_unavailable: claimed,
  shutting_down: none,
  internal_error: verified,
}
