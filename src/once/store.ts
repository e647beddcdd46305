/** What a store says to a claim: it is yours, somebody works on it, or it is finished. */
export type Reservation = 'reserved' | 'in_progress' | 'done'

/**
 * Where claims on events are kept, so that each is handled once. Every call is atomic, and each method may reject:
 * the delivery is then answered 503 unless `onStoreError` says otherwise. `express-smile-id/store-conformance`
 * tests one that you write.
 */
export interface OnceStore {
  /** Claims an event for `owner`, for `leaseMs` ms: an open claim whose lease has ended is free again. */
  reserve(id: string, claim: { owner: string; leaseMs: number }): Promise<Reservation>
  /** Marks it finished for `ttlMs` ms. False, and no change, unless `owner` still holds the claim. */
  complete(id: string, claim: { owner: string; ttlMs: number }): Promise<boolean>
  /** Gives the claim up. False, and no change, unless `owner` still holds it. */
  release(id: string, claim: { owner: string }): Promise<boolean>
  /** Drops what is known of an event, so that its next delivery is handled. False if nothing was known. */
  forget(id: string): Promise<boolean>
}
