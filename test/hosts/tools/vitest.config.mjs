import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { quiet } from '../../support/settings.ts'

/** Tools that people use beside the library, of a lock file of their own: npm run test:tools */
export default defineConfig({
  test: {
    ...quiet,
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    include: ['test/hosts/tools/*.test.mjs'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
})
