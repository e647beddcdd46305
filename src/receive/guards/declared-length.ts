import { refuse, type Refusal } from '../../report/refusal.ts'

/** A sender that says its body is over the limit is refused before the body is read. `limit` in bytes. */
export function checkDeclaredLength(contentLength: string | undefined, limit: number): Refusal | undefined {
  return Number(contentLength ?? 0) > limit ? refuse('body_too_large') : undefined
}
