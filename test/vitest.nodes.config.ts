import { defineConfig } from 'vitest/config'
import { quiet } from './support/settings.ts'

/**
 * What can differ from one Node to the next. The rest runs programs of its own, compiles, reads files of the project,
 * or waits for engines.
 */
export default defineConfig({
  test: {
    ...quiet,
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/{ci,cli,conformance,contract,docs,examples,fuzz,layers,load,simulation,types}/**',
      'test/services/{dead-letters,effects-stories,inbox-restart,pg-boss-slots,snippets-restart}.test.ts',
      '**/node_modules/**',
    ],
  },
})
