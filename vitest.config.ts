import { defineConfig } from 'vitest/config'
import { LongestFirst, quiet } from './test/support/settings.ts'

/** The whole behaviour once. test/README.md says where the seconds go, and how a test keeps the budget. */
export default defineConfig({
  test: {
    ...quiet,
    // Two that work, and two that wait: for engines, for programs of their own, for time to pass.
    maxWorkers: 4,
    // Long enough for a machine that does much else.
    testTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 120_000,
    // One load of the modules for all files of a worker: most of the time went there.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        // The benchmarks' packages bring tests of their own.
        test: {
          name: 'express 5',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{load,simulation}/**', 'test/upgrade/rolling.test.ts', '**/node_modules/**'],
        },
      },
      {
        // What Express carries, once more on the oldest one that is supported; guards and readers never see it.
        extends: true,
        resolve: { alias: { express: 'express4' } },
        test: {
          name: 'express 4.18',
          env: { EXPRESS: '4' },
          include: [
            'test/doors/{answers,body,express,trust-proxy}.test.ts',
            'test/hostile/{answering,sockets,hosting}.test.ts',
            'test/signature/callback-url.test.ts',
            'test/testing/deliver.test.ts',
          ],
        },
      },
    ],
  },
})
