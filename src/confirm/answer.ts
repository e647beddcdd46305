import { isDeepStrictEqual } from 'node:util'
import { isRecord, type Json } from '../lib/json.ts'
import type { Decoded } from '../payload/decoded.ts'
import { booleanOf } from '../payload/scalars.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import { decodeV1 } from '../payload/v1/decode.ts'
import { parseTimestamp, constantTimeEqual, sign, possibleSignedStrings, type SigningKey } from '../signature/sign.ts'
import { isFinal, type Outcome } from '../types/names.ts'
import type { ApiAnswer } from './http.ts'

/** How far the time in an answer may be from this clock, ms. */
const freshMs = 5 * 60_000

/** Whose a job_status answer is, and how old. */
export type Genuineness = 'genuine' | 'unsigned' | 'forged' | 'stale'

/**
 * Says whether an answer is signed with our key and fresh: a stored one must not vouch for a later job. An answer that
 * repeats the question's own signature proves nothing. `now` in epoch ms.
 */
export function genuineness(
  { body, asked }: Pick<ApiAnswer, 'body' | 'asked'>,
  key: SigningKey,
  now: number,
): Genuineness {
  const { signature, timestamp } = body ?? {}
  if (
    typeof signature !== 'string'
    || signature === ''
    || (typeof timestamp !== 'string' && typeof timestamp !== 'number')
  )
    return 'unsigned'
  const signed = possibleSignedStrings(timestamp).filter((text) => constantTimeEqual(sign(text, key), signature))
  if (signed.length === 0 || signature === asked) return 'forged'
  const isFresh = signed.some((text) => {
    const at = parseTimestamp(text)
    return at !== undefined && Math.abs(now - at) <= freshMs
  })
  return isFresh ? 'genuine' : 'stale'
}

/** One callback as job_status repeats it. */
export interface Told {
  readonly entry: Json
  readonly decoded: Decoded
}

/** A v1 job as job_status tells it. contract/v1.md §2. */
export interface JobStatus {
  readonly current: Told | undefined
  /** What was sent to the callback URL, as far as it can be read, the newest first. */
  readonly past: readonly Told[]
  /**
   * The verdict that holds now: the current one; where the job is complete and the answer gives none, the one that its
   * past agrees on.
   */
  readonly holding: Told | undefined
  readonly isComplete: boolean
  /** Said in so many words: then no verdict holds yet. */
  readonly isOpen: boolean
}

export function readJobStatus({ result, history, job_complete: complete }: Json, codes: CodeIndex): JobStatus {
  const told = (entry: unknown): Told[] => {
    const decoded = isRecord(entry) ? decodeV1(entry, codes) : undefined
    return decoded ? [{ entry: entry as Json, decoded }] : []
  }
  const [current] = told(result)
  const past = Array.isArray(history) ? (history as unknown[]).flatMap(told) : []
  const isComplete = booleanOf(complete) === true
  const isOpen = booleanOf(complete) === false
  const verdict = current ? verdictsOf([current])[0] : isComplete ? agreedOn(verdictsOf(past)) : undefined
  return { current, past, holding: isOpen ? undefined : verdict, isComplete, isOpen }
}

/** The final outcome of a told result; undefined for what closes no job. */
export function verdictOf({ decoded: { meaning } }: Told): Outcome | undefined {
  return meaning.kind === 'result' && isFinal(meaning.outcome) ? meaning.outcome : undefined
}

const verdictsOf = (told: readonly Told[]): Told[] => told.filter((one) => verdictOf(one) !== undefined)

const agreedOn = (verdicts: readonly Told[]): Told | undefined =>
  new Set(verdicts.map(verdictOf)).size === 1 ? verdicts[0] : undefined

/**
 * What a receiver that heard nothing has to be told: steps and stages in the order they came, then the verdict that
 * holds.
 * Verdicts that do not hold any more are left out: what Smile ID says now is another thing.
 */
export function inOrder({ current, past, holding }: JobStatus): Told[] {
  const isNews = (told: Told): boolean =>
    verdictOf(told) === undefined && !past.some(({ entry }) => isDeepStrictEqual(entry, told.entry))
  const stages = [...past].reverse().filter((told) => verdictOf(told) === undefined)
  return [...stages, ...(current && isNews(current) ? [current] : []), ...(holding ? [holding] : [])]
}
