import type { OnceStore } from './store.ts'

/** How events are claimed. Times in ms. */
export interface OnceConfig {
  readonly store: OnceStore
  readonly leaseMs: number
  readonly ttlMs: number
  readonly timeoutMs: number
  readonly onStoreError: 'refuse' | 'proceed'
}
