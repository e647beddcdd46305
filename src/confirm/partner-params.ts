import { isScalar, type Json } from '../lib/json.ts'

/**
 * Keys that Smile ID adds to one echo of the partner params and not to another. contract/v1.md §5.
 * Names only where test data is made: in production they would be a person's.
 */
const added = {
  production: new Set(['link_id', 'libraryVersion', 'user_created_at', 'ExpirationDate']),
  sandbox: new Set(['link_id', 'libraryVersion', 'user_created_at', 'ExpirationDate', 'FirstName', 'MiddleName', 'LastName']),
}

/** A key more, a key less or another value would lead the handler to another account. */
export function sameParams(sent: Json, theirs: Json, environment: keyof typeof added): boolean {
  const keys = new Set([...Object.keys(sent), ...Object.keys(theirs)])
  return [...keys].every((key) => {
    const ours = Object.hasOwn(sent, key)
    if (added[environment].has(key) && ours !== Object.hasOwn(theirs, key)) return true
    return ours && Object.hasOwn(theirs, key) && comparable(sent[key]) === comparable(theirs[key])
  })
}

/** Keys of the delivery that the answer does not have; after `sameParams` only those that Smile ID adds. */
export const addedParams = (sent: Json, theirs: Json): string[] => Object.keys(sent).filter((key) => !Object.hasOwn(theirs, key))

// job_type comes as a number here and as text there.
const comparable = (value: unknown): string => (isScalar(value) ? String(value) : JSON.stringify(value))
