import { defineConfig } from 'vitest/config'
import { quiet } from './test/support/settings.ts'

const alone =
  'capture,confirm,diagnosis,doors,events,hostile,inbox,job,layers,lib,once,options,payload,receive,reconcile,report,signature,telemetry,testing'

export default defineConfig({
  test: {
    ...quiet,
    // Most of the rest waits: for engines, for programs of its own, for time to pass.
    maxWorkers: 5,
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        // What needs nothing but the sources: one load of the modules for all files, since most of the time went there. Types are `npm run types`.
        test: { name: 'express 5', isolate: false, include: [`test/{${alone}}/**/*.test.ts`] },
      },
      {
        extends: true,
        // The benchmarks' packages bring tests of their own.
        test: {
          name: 'engines and programs',
          include: ['test/**/*.test.ts'],
          exclude: [`test/{${alone}}/**`, 'test/{load,simulation}/**', '**/node_modules/**'],
        },
      },
      {
        // What Express carries, once more on the oldest one that is supported; guards and readers never see it.
        extends: true,
        resolve: { alias: { express: 'express4' } },
        test: {
          name: 'express 4.18',
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
