import { defineConfig } from 'vitest/config'
import { LongestFirst, quiet } from './support/settings.ts'

/**
 * What can differ from one Node to the next: sockets, streams, encodings, crypto, timers, engines' clients. The rest
 * runs programs of its own, compiles, reads files of the project, walks tables, or searches at random.
 */
export default defineConfig({
  test: {
    ...quiet,
    maxWorkers: 4,
    testTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    include: [
      'test/{capture,confirm,doors,events,hostile,inbox,job,lib,receive,report,signature,telemetry}/**/*.test.ts',
      'test/once/{claim,memory}.test.ts',
      'test/reconcile/reconcile.test.ts',
      'test/testing/deliver.test.ts',
      'test/cli/{inputs,inspect}.test.ts',
      'test/services/{bullmq,effects,pg-boss,postgres-store,redis-store,store-clients}.test.ts',
    ],
    exclude: ['test/confirm/forging.test.ts', 'test/hostile/{dear-bodies,silencing}.test.ts'],
  },
})
