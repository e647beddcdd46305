/** A store's answer to a claim: granted, already in progress, or finished. */
export type Reservation = 'reserved' | 'in_progress' | 'done'

/**
 * Keeps claims on events, so that each is handled once. Every call is atomic, answers synchronously or by a promise,
 * and may throw or reject: the delivery is then answered 503 unless `once.onStoreError` says otherwise. A call whose
 * reply was lost is repeated by the same owner. `express-smile-id/store-conformance` tests a store that you write.
 */
export interface OnceStore {
  /**
   * Claims an event for `owner`, for `leaseMs` ms. A claim whose lease has ended is free again; one that `owner` holds
   * already counts as reserved, for `leaseMs` from now.
   */
  reserve(id: string, claim: { owner: string; leaseMs: number }): Reservation | Promise<Reservation>
  /** Marks the event finished for `ttlMs` ms. False, and no change, unless `owner` still holds the claim. */
  complete(id: string, claim: { owner: string; ttlMs: number }): boolean | Promise<boolean>
  /**
   * Marks an event that is neither claimed nor known as finished for `ttlMs` ms; else does nothing and returns false.
   * Without it `reserve` and `complete` are called.
   */
  note?(id: string, claim: { ttlMs: number }): boolean | Promise<boolean>
  /** Releases the claim. False, and no change, unless `owner` still holds it. */
  release(id: string, claim: { owner: string }): boolean | Promise<boolean>
  /** Drops all that is known of an event, so that its next delivery is handled. False if nothing was known. */
  forget(id: string): boolean | Promise<boolean>
  /**
   * Called by each receiver that is created with this store. The store may keep the argument, and must not start work.
   */
  attach?(receiver: StoreUser): void
  /** The last error of its connection; undefined once it answered again. Its code is named when a call times out. */
  connectionError?(): unknown
}

/** Offered by a receiver to its store. */
export interface StoreUser {
  /** Logs a set-up mistake and its fix, once per `topic`; no identity data. */
  warn(topic: string, message: string): void
  /** How long a signature, and so a replay, is accepted, ms: `maxAge` plus `maxSkew`. */
  readonly replayMs: number
  /** How long a call may take before it is given up, ms: `once.timeout`. */
  readonly timeoutMs: number
}

/** How events are claimed. Times in ms. */
export interface OnceConfig {
  readonly store: OnceStore
  readonly leaseMs: number
  readonly ttlMs: number
  readonly timeoutMs: number
  readonly onStoreError: 'refuse' | 'proceed'
}
