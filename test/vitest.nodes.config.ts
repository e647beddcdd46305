import { defineConfig } from 'vitest/config'

// Not UTC, as on the machines of most users.
process.env['TZ'] = 'Africa/Lagos'

/**
 * What can differ from one Node to the next. The rest runs programs of its own, compiles, reads files of the project,
 * or waits for engines.
 */
export default defineConfig({
  test: {
    // As in vitest.config.ts.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/{ci,cli,conformance,contract,docs,examples,fuzz,layers,load,types}/**',
      'test/services/{dead-letters,effects-stories,inbox-restart,pg-boss-slots,snippets-restart}.test.ts',
      '**/node_modules/**',
    ],
  },
})
