import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeJob, type JobState, type SmileIdEvent } from '../../src/index.ts'
import { now, v1Delivery } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

const params = { job_id: 'job-1', user_id: 'user-1', job_type: '1' }
const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString()

async function eventsOf(payloads: [Record<string, unknown>, number][]): Promise<SmileIdEvent[]> {
  const { post, events } = receiver()
  for (const [payload, minutes] of payloads) {
    const delivery = v1Delivery({
      payload: { SmileJobID: '0000000001', PartnerParams: params, ...payload },
      timestamp: at(minutes),
    })
    expect(await post(delivery)).toMatchObject({ code: 'accepted' })
  }
  return events
}

const fold = (events: readonly SmileIdEvent[]) =>
  events.reduce<JobState | undefined>((state, event) => mergeJob(state, event), undefined)!

const idInfo = { ResultCode: '1012', ResultType: 'ID Verification', IsFinalResult: 'true', FullName: 'Ada Example' }
const provisional = { ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' }
const approved = { ResultCode: '1210', ResultText: 'Enroll User' }
const suspects = {
  ResultCode: '5211',
  Antifraud: {
    SuspectUsers: [
      { user_id: 'user-2', reason: 'same-face' },
      { user_id: 'user-1', reasons: ['b', 'a'] },
    ],
  },
}

const job = await eventsOf([
  [idInfo, 50],
  [provisional, 40],
  [suspects, 39],
  [{ ResultCode: '1013' }, 30],
  [approved, 20],
  [{ ResultCode: '9999' }, 10],
])

/** The same fact, delivered again later and therefore signed anew. */
const again = (event: SmileIdEvent, minutes: number): SmileIdEvent => ({
  ...event,
  delivery: { ...event.delivery, signedAt: new Date(event.delivery.signedAt.getTime() + minutes * 60_000) },
})

describe('mergeJob', () => {
  test('every permutation of the events, with repeats signed anew, gives the same state', () => {
    const expected = fold(job)
    expect(expected).toMatchObject({
      jobId: 'job-1',
      verdict: { outcome: 'approved', final: true },
      idInfo: { idStep: 'failed' },
      suspects: [
        { userId: 'user-1', reasons: ['a', 'b'] },
        { userId: 'user-2', reasons: ['same-face'] },
      ],
    })
    expect(expected.history.map(({ code }) => code)).toEqual(['1012', '0814', '5211', '1013', '1210', '9999'])
    const repeats = fc.array(fc.tuple(fc.nat(job.length - 1), fc.integer({ min: 0, max: 59 })), { maxLength: 6 })
    const deliveries = repeats.chain((more) => {
      const all = [...job, ...more.map(([index, minutes]) => again(job[index]!, minutes))]
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
    })
    fc.assert(
      fc.property(deliveries, (events) => {
        expect(fold(events)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('every one of the permutations, counted out', () => {
    const expected = fold(job)
    let count = 0
    const permute = (done: SmileIdEvent[], left: SmileIdEvent[]): void => {
      if (left.length === 0) {
        count += 1
        expect(fold(done)).toEqual(expected)
      }
      left.forEach((event, at) =>
        permute(
          [...done, event],
          left.filter((_, other) => other !== at),
        ),
      )
    }
    permute([], job)
    expect(count).toBe(720)
  })

  test('may be stored as JSON between two events', () => {
    const stored = job.reduce<JobState | undefined>(
      (state, event) => JSON.parse(JSON.stringify(mergeJob(state, event))) as JobState,
      undefined,
    )
    expect(stored).toEqual(fold(job))
  })

  test.for([
    [
      'a later provisional does not replace a final one',
      [
        [{ ResultCode: '0810' }, 20],
        [provisional, 10],
      ],
      'approved',
    ],
    [
      'a later final one replaces a final one',
      [
        [{ ResultCode: '0810' }, 20],
        [{ ResultCode: '0811' }, 10],
      ],
      'rejected',
    ],
    [
      'human review stands above the machine, signed later or not',
      [
        [{ ResultCode: '1211' }, 20],
        [{ ResultCode: '0810' }, 10],
      ],
      'rejected',
    ],
    ['the ID look-up is no verdict', [[idInfo, 10]], undefined],
    [
      'an unknown code does not replace a provisional one',
      [
        [provisional, 20],
        [{ ResultCode: '9999' }, 10],
      ],
      'provisional',
    ],
  ] as [string, [Record<string, unknown>, number][], string | undefined][])('%s', async ([, payloads, outcome]) => {
    const events = await eventsOf(payloads)
    expect(fold(events).verdict?.outcome).toBe(outcome)
    expect(fold(events.toReversed()).verdict?.outcome).toBe(outcome)
  })

  test('an event of another job is refused, naming neither', () => {
    expect(() => mergeJob(fold(job), { ...job[0]!, jobId: 'job-2' })).toThrow(
      /^mergeJob was given an event of another job\.$/,
    )
  })
})
