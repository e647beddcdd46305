import { refuse, type Refusal } from '../../report/refusal.ts'

/** Smile ID delivers by POST alone. */
export function checkMethod(method: string): Refusal | undefined {
  return method === 'POST' ? undefined : refuse('method_not_allowed')
}
