import { defineConfig } from 'vitest/config'

/** Real processes, real services, minutes: `npm run test:load`. */
export default defineConfig({
  test: {
    include: ['test/load/**/*.test.ts', 'test/upgrade/rolling.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    disableConsoleIntercept: true,
  },
})
