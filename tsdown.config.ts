import { defineConfig } from 'tsdown'

const common = { platform: 'node', target: 'node20', fixedExtension: false, clean: true } as const

export default defineConfig([
  {
    ...common,
    entry: {
      index: 'src/index.ts',
      testing: 'src/testing/index.ts',
      redis: 'src/once/redis.ts',
      postgres: 'src/once/postgres.ts',
      bullmq: 'src/inbox/bullmq.ts',
      'pg-boss': 'src/inbox/pg-boss.ts',
      opentelemetry: 'src/telemetry/opentelemetry.ts',
      'store-conformance': 'src/once/conformance.ts',
    },
    format: ['esm', 'cjs'],
    dts: true,
    sourcemap: true,
  },
  // Apart, so that the command line does not split the library into more files. CommonJS, which Node starts sooner.
  { ...common, entry: { cli: 'src/cli/index.ts' }, outDir: 'dist/cli', format: 'cjs', dts: false, outputOptions: { advancedChunks: { groups: [{ name: 'runtime', test: /rolldown.runtime/ }] } } },
])
