import { defineConfig } from 'vitest/config'
import { inOrder } from '../support/settings.ts'

/**
 * A mutant is done with at the first test that fails: what is quick and kills most comes first, what searches at random
 * last.
 */
const order = [
  'receive/guards',
  'receive/reading',
  'signature/',
  'once/claim',
  'once/memory',
  'payload/decode',
  'doors/answers',
  'receive/client-address',
  'payload/generated',
  'receive/',
  'options/',
  'events/',
  'confirm/',
  'receive/once',
  'hostile/',
  'once/',
  'payload/',
]

// As in the tests' own configuration.
process.env['TZ'] = 'Africa/Lagos'

// The tests that mutants have to survive: those that are quick, and need neither engines nor a build.
export default defineConfig({
  test: {
    include: [
      'test/{confirm,doors,events,once,options,payload,receive,report,signature}/**/*.test.ts',
      'test/hostile/{bounds,forging}.test.ts',
    ],
    // Seconds for every mutant that the quick ones do not kill, to say what they say.
    exclude: ['test/once/guarantees.test.ts', 'test/doors/fake-timers.test.ts'],
    // One load of the modules for all files and mutants: most of the time of a run goes there otherwise.
    isolate: false,
    // Beside mutants, or on a busy machine.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Where Node reads TypeScript itself it does so, and NODE_COMPILE_CACHE makes a load almost free.
    experimental: { viteModuleRunner: !('typescript' in process.features) },
    sequence: { sequencer: inOrder(order) },
  },
})
