// What the library keeps to itself, bundled from its sources for measuring alone: nothing of it is public.
import { fileURLToPath } from 'node:url'
import { build } from 'tsdown'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const sources = {
  parse: 'receive/body/parse.ts',
  decode: 'payload/decode.ts',
  build: 'events/build.ts',
  signature: 'receive/guards/signature.ts',
  headers: 'receive/headers.ts',
  key: 'signature/sign.ts',
  codes: 'options/config.ts',
  schemas: 'payload/schema.ts',
}

/** The exports of all these sources, as one object. */
export async function internals() {
  const entry = Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, here(`../../src/${path}`)]))
  await build({
    entry,
    cwd: here('../..'),
    outDir: here('.internals'),
    config: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    fixedExtension: false,
    clean: true,
    dts: false,
    logLevel: 'silent',
  })
  const modules = await Promise.all(Object.keys(sources).map((name) => import(`./.internals/${name}.js`)))
  return Object.assign({}, ...modules)
}
