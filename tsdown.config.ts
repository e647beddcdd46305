import { defineConfig } from 'tsdown'

export default defineConfig({
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
  platform: 'node',
  target: 'node20',
  dts: true,
  sourcemap: true,
  fixedExtension: false,
  clean: true,
})
