/** What a store says to a claim: it is yours, somebody works on it, or it is finished. */
export type Reservation = 'reserved' | 'in_progress' | 'done'

/**
 * Where claims on events are kept, so that each is handled once. Every call is atomic, answers at once or by a promise,
 * and may throw or reject: the delivery is then answered 503 unless `once.onStoreError` says otherwise.
 * A call whose reply was lost is made again by the same owner. `express-smile-id/store-conformance` tests one that you
 * write.
 */
export interface OnceStore {
  /**
   * Claims an event for `owner`, for `leaseMs` ms. An open claim whose lease has ended is free again; one that is
   * already the owner's counts as reserved, for `leaseMs` from now.
   */
  reserve(id: string, claim: { owner: string; leaseMs: number }): Reservation | Promise<Reservation>
  /** Marks it finished for `ttlMs` ms. False, and no change, unless `owner` still holds the claim. */
  complete(id: string, claim: { owner: string; ttlMs: number }): boolean | Promise<boolean>
  /**
   * Marks what nobody holds or knows as finished for `ttlMs` ms, else does nothing and is false. Without it `reserve`
   * and `complete` are called.
   */
  note?(id: string, claim: { ttlMs: number }): boolean | Promise<boolean>
  /** Gives the claim up. False, and no change, unless `owner` still holds it. */
  release(id: string, claim: { owner: string }): boolean | Promise<boolean>
  /** Drops what is known of an event, so that its next delivery is handled. False if nothing was known. */
  forget(id: string): boolean | Promise<boolean>
  /** Called by each receiver that is made with this store. It may keep what it gets, and starts nothing. */
  attach?(receiver: StoreUser): void
  /**
   * The error that its connection met last, undefined once it answered again. Its code is named where a call got no
   * answer in time.
   */
  connectionError?(): unknown
}

/** What a receiver offers to its store. */
export interface StoreUser {
  /**
   * Says once per `topic`, in the receiver's log, what is wrong with the set-up and how to mend it; no identity data.
   */
  warn(topic: string, message: string): void
  /** How long a signature, and so a repeat of what it signed, is taken, ms: `maxAge` and `maxSkew` together. */
  readonly replayMs: number
}

/** How events are claimed. Times in ms. */
export interface OnceConfig {
  readonly store: OnceStore
  readonly leaseMs: number
  readonly ttlMs: number
  readonly timeoutMs: number
  readonly onStoreError: 'refuse' | 'proceed'
}
