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
