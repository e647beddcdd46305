import type { Shape } from '../types/payload/common.ts'
import type { Json } from '../lib/json.ts'
import type { ResultInfo, Suspect } from '../types/event.ts'
import type { Kind, Outcome, Product } from '../types/names.ts'
import type { NewWord } from './notes.ts'

/** What a kind adds to an event. */
export type Meaning =
  | { kind: 'result'; outcome: Outcome }
  | { kind: 'id_info'; idStep: 'passed' | 'failed' | 'error' }
  | { kind: 'smile_secure'; suspects: Suspect[] }
  | { kind: 'monitoring' }

/** A payload, read: everything of an event that the body and its headers say. */
export interface Decoded {
  shape: Shape
  meaning: Meaning & { kind: Kind }
  product: Product
  jobId: string
  smileJobId?: string | undefined
  userId?: string | undefined
  /** As sent. */
  partnerParams: Json
  result: ResultInfo
  payload: Json
  /** Where the payload differs in type from what is documented: paths only. */
  notes: readonly string[]
  /** What no table has a word for. */
  news: readonly NewWord[]
}
