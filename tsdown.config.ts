import { defineConfig } from 'tsdown'

const common = { platform: 'node', target: 'node20', fixedExtension: false, clean: true } as const

/** Declarations name source maps that the bundler makes for them and then leaves out. */
const withoutLostMaps = {
  name: 'without-lost-maps',
  generateBundle(_options: unknown, bundle: Record<string, { fileName: string; code?: string }>) {
    for (const chunk of Object.values(bundle)) {
      if (/\.d\.c?ts$/.test(chunk.fileName)) chunk.code = chunk.code?.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n') ?? ''
    }
  },
}

/** See src/inbox/bullmq-worker.ts. */
const requireForBundlers = {
  name: 'require-for-bundlers',
  generateBundle(_options: unknown, bundle: Record<string, { fileName: string; code?: string }>) {
    for (const chunk of Object.values(bundle)) {
      if (/\.c?js$/.test(chunk.fileName)) chunk.code = chunk.code?.replaceAll('requireOfBundle', 'require') ?? ''
    }
  },
}

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
      lambda: 'src/doors/lambda.ts',
      opentelemetry: 'src/telemetry/opentelemetry.ts',
      reconcile: 'src/reconcile/reconcile.ts',
      'store-conformance': 'src/once/conformance.ts',
    },
    format: ['esm', 'cjs'],
    dts: true,
    sourcemap: true,
    // The doc comments stand in the declarations; sources are named by the maps, and not repeated in those of both formats.
    outputOptions: { comments: false, sourcemapExcludeSources: true },
    inputOptions: (options) => ({ ...options, plugins: [options.plugins, withoutLostMaps, requireForBundlers] }),
  },
  // Apart, so that the command line does not split the library into more files. CommonJS, which Node starts sooner.
  { ...common, entry: { cli: 'src/cli/index.ts' }, outDir: 'dist/cli', format: 'cjs', dts: false, minify: true, outputOptions: { codeSplitting: { groups: [{ name: 'runtime', test: /rolldown.runtime/ }] } } },
])
