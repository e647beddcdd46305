import { defineConfig } from 'vitest/config'

// The tests that mutants have to survive: those that are quick, and need neither engines nor a build.
export default defineConfig({
  test: {
    include: ['test/{callback-url,confirm,events,once,options,payload,receive,signature}/**/*.test.ts', 'test/hostile/{bounds,forging}.test.ts'],
  },
})
