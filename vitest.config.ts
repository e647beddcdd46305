import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const own = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Not UTC, as on the machines of most users: a time that is read as local shows.
process.env['TZ'] = 'Africa/Lagos'

export default defineConfig({
  test: {
    // Once more, and said so, where two cores run real servers, engines and a browser beside each other: a fault fails twice.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'express 5',
          include: ['test/**/*.test.ts'],
          // The benchmarks' packages bring tests of their own.
          exclude: ['test/load/**', '**/node_modules/**'],
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: own('./tsconfig.json') },
        },
      },
      {
        // What Express carries, once more on the oldest one that is supported; guards and readers never see it.
        extends: true,
        resolve: { alias: { express: 'express4' } },
        test: { name: 'express 4.18', include: ['test/doors/{answers,body,express,trust-proxy}.test.ts', 'test/hostile/{answering,sockets,hosting}.test.ts', 'test/signature/callback-url.test.ts', 'test/testing/deliver.test.ts'] },
      },
    ],
  },
})
