import { defineConfig } from 'vitest/config'
import { inOrder } from '../support/settings.ts'

/** Two cores: each searches. Most that a schedule makes is garbage at its end. */
export default defineConfig({
  test: {
    include: ['test/simulation/*.test.ts'],
    // As long as it takes to search what was asked for.
    testTimeout: 0,
    maxWorkers: 2,
    sequence: { sequencer: inOrder(['simulation/schedules', 'simulation/worlds']) },
    execArgv: ['--no-warnings', '--max-semi-space-size=64'],
  },
})
