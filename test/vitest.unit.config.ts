import { defineConfig } from 'vitest/config'
import { quiet } from './support/settings.ts'

/** What needs no build and no services, and is over in seconds: while you write. */
export default defineConfig({
  test: {
    ...quiet,
    // One load of the modules for all files: most of the time went there.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    include: [
      'test/{confirm,doors,events,inbox,job,layers,lib,once,options,payload,receive,report,signature}/**/*.test.ts',
    ],
    // Random sequences, and tables of thousands: seconds each. `npm test` runs them.
    exclude: [
      'test/once/guarantees.test.ts',
      'test/options/arguments.test.ts',
      'test/payload/{generated,no-path-to-approved}.test.ts',
      'test/doors/{body,fake-timers,http2}.test.ts',
      'test/receive/long-strings.test.ts',
      'test/confirm/forging.test.ts',
      'test/events/event-id.test.ts',
    ],
  },
})
