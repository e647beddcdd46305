import type { Kind, Outcome, Product } from '../events/names.ts'
import type { ResultInfo, Suspect } from '../events/types.ts'
import type { Json } from './scalars.ts'

/** What a kind adds to an event. */
export type Meaning =
  | { kind: 'result'; outcome: Outcome }
  | { kind: 'id_info'; idStep: 'passed' | 'failed' | 'error' }
  | { kind: 'smile_secure'; suspects: Suspect[] }
  | { kind: 'monitoring' }

/** A payload, read: everything of an event that the body and its headers say. */
export interface Decoded {
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
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out what is undefined, so that an absent fact is an absent key. */
export function definedOnly<T extends object>(object: T): Defined<T> {
  const defined: Partial<T> = {}
  for (const key in object) if (object[key] !== undefined) defined[key] = object[key]
  return defined as object as Defined<T>
}
