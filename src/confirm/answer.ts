import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../lib/json.ts'
import type { Decoded, EventFacts } from '../payload/decoded.ts'
import { booleanOf } from '../payload/scalars.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import { decode } from '../payload/decode.ts'
import { parseTimestamp, constantTimeEqual, sign, possibleSignedStrings, type SigningKey } from '../signature/sign.ts'
import { isFinal, type Outcome } from '../types/names.ts'
import type { ApiAnswer } from './http.ts'

/** Largest difference between the time in an answer and this clock, ms. */
const freshMs = 5 * 60_000

/** Authenticity of a job_status answer. */
type Genuineness = 'genuine' | 'unsigned' | 'forged' | 'stale'

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

/** One callback as repeated by job_status. */
export interface RepeatedCallback {
  readonly entry: Json
  readonly decoded: Decoded
}

/** A v1 job as described by job_status. contract/v1.md §2. */
export interface JobStatus {
  readonly current: RepeatedCallback | undefined
  /** The readable callbacks that were sent to the callback URL, newest first. */
  readonly past: readonly RepeatedCallback[]
  /** The current one, and the past. */
  readonly told: readonly RepeatedCallback[]
  /**
   * The verdict that holds now: the current one; if the job is complete and the answer gives none, the one that its
   * past agrees on.
   */
  readonly holding: RepeatedCallback | undefined
  readonly isComplete: boolean
  /** The answer says so explicitly: then no verdict holds yet. */
  readonly isOpen: boolean
}

export function readJobStatus({ result, history, job_complete: complete }: Json, codes: CodeIndex): JobStatus {
  const read = (entry: unknown): RepeatedCallback[] => {
    const decoded = decode(entry, {}, codes, 'v1')
    return decoded ? [{ entry: entry as Json, decoded }] : []
  }
  const [current] = read(result)
  const past = Array.isArray(history) ? (history as unknown[]).flatMap(read) : []
  const told = current ? [current, ...past] : past
  const isComplete = booleanOf(complete) === true
  const isOpen = booleanOf(complete) === false
  const verdicts = (current ? [current] : isComplete ? past : []).filter((one) => verdictOf(one) !== undefined)
  const holding = !isOpen && new Set(verdicts.map(verdictOf)).size === 1 ? verdicts[0] : undefined
  return { current, past, told, holding, isComplete, isOpen }
}

/** The final outcome of a repeated result; undefined if it closes no job. */
export function verdictOf({ decoded: { meaning, facts } }: RepeatedCallback): Outcome | undefined {
  return meaning.kind === 'result' && isFinal(meaning.outcome) ? outcomeSaid(meaning.outcome, facts) : undefined
}

/** The outcome before the receiver's options: an answer may have fewer signs of fraud than its callback, or more. */
export const outcomeSaid = (outcome: Outcome, { fraud, match }: EventFacts): Outcome =>
  outcome === 'attention' && (fraud === 'detected' || match === 'partial') ? 'approved' : outcome

/**
 * The callbacks that a receiver which got none must process: steps and stages in the order they came, then the verdict
 * that holds. Verdicts that no longer hold are left out.
 */
export function inOrder({ current, past, holding }: JobStatus): RepeatedCallback[] {
  const isNews = (told: RepeatedCallback): boolean =>
    verdictOf(told) === undefined && !past.some(({ entry }) => isDeepStrictEqual(entry, told.entry))
  const stages = [...past].reverse().filter((told) => verdictOf(told) === undefined)
  return [...stages, ...(current && isNews(current) ? [current] : []), ...(holding ? [holding] : [])]
}
