import { expect, test, vi } from 'vitest'
import { v1Delivery, v1Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const body = `{${'"signature":"x","timestamp":"y",'.repeat(45_000)}"a":1}`

test('of keys that a stranger repeats only the last is decoded', async () => {
  const { post } = receiver()
  const parse = vi.spyOn(JSON, 'parse')
  const { code } = await post({ method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const calls = parse.mock.calls.length
  parse.mockRestore()
  expect(code).toBe('signature_mismatch')
  expect(calls).toBeLessThan(10)
})

const suspectsInOrder = (ids: number[]) => ({
  ...v1Payload,
  ResultCode: '5211',
  Antifraud: { SuspectUsers: ids.map((id) => ({ user_id: `user-${id}` })) },
})

async function verdictId(ids: number[]): Promise<string | undefined> {
  const { post } = receiver()
  const report = await post(v1Delivery({ payload: suspectsInOrder(ids) }))
  return report.event?.verdictId
}

test('a thousand suspects are one verdict in any order; beyond them the order sent counts', async () => {
  const ids = Array.from({ length: 1_000 }, (_, id) => id)
  expect(await verdictId(ids.toReversed())).toBe(await verdictId(ids))
  const more = [...ids, 1_000, 1_001]
  expect(await verdictId(more)).toBe(await verdictId([...ids.toReversed(), 1_000, 1_001]))
  expect(await verdictId(more)).not.toBe(await verdictId([...ids, 1_001, 1_000]))
})
