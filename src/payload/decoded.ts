import type { Shape } from '../types/payload/fields.ts'
import type { Json } from '../lib/json.ts'
import type { Fraud, ResultEvent, ResultInfo, Suspect } from '../types/event.ts'
import type { Kind, Outcome, Product } from '../types/names.ts'
import type { NewWord } from './notes.ts'

/** Fields that an event's kind adds. */
export type Meaning =
  | { kind: 'result'; outcome: Outcome }
  | { kind: 'id_info'; idStep: 'passed' | 'failed' | 'error' }
  | { kind: 'smile_secure'; fraud: Fraud; suspects: Suspect[] }
  | { kind: 'monitoring' }

/** Facts of an event beside its meaning: all of these for a result, some for other kinds. */
export type EventFacts = Pick<ResultEvent, 'meaning'>
  & Partial<Pick<ResultEvent, 'fraud' | 'suspects' | 'match' | 'unmatched' | 'retry'>>

/** A decoded payload: every fact of an event that the body and its headers give. */
export interface Decoded {
  shape: Shape
  meaning: Meaning & { kind: Kind }
  facts: EventFacts
  product: Product
  jobId: string
  smileJobId?: string | undefined
  userId?: string | undefined
  /** As sent. */
  partnerParams: Json
  result: ResultInfo
  payload: Json
  /** Paths at which the payload's type differs from the documented one; never values. */
  notes: readonly string[]
  /** Values that no table knows. */
  news: readonly NewWord[]
}

type Retry = NonNullable<ResultEvent['retry']>

/** Advice on submitting again after an error, by v1 code and v3 reason. contract/v1.md §7.1. */
const retries: Readonly<Record<Retry, string>> = {
  same: '0908 1015 2201 2301 2401 service_unavailable internal_error',
  new_input:
    '0001 1014 2211 2213 2216 2413 content_policy_violated document_unclassifiable id_photo_unavailable '
    + 'image_unavailable_or_invalid invalid_id_number',
  // The job id of 2215 may have its result already: ask for that instead of paying for another.
  no: '1016 2203 2204 2205 2207 2208 2209 2210 2212 2215 2217 2220 2405',
}

const retryByWord: ReadonlyMap<string, Retry> = new Map(
  Object.entries(retries).flatMap(([retry, words]) => words.split(' ').map((word) => [word, retry as Retry] as const)),
)

export const retryOf = (word: string | undefined): Retry | undefined => retryByWord.get(word ?? '')
