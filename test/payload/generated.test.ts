import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asyncApi, jsonSchemas } from './documents.ts'

// `npm run schemas` writes the files; here they are checked to be current.
const folder = '../../src/payload/generated'
const pretty = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`
const schemas = Object.entries(jsonSchemas())

test.for(schemas)('%s.schema.json is current', async ([name, schema]) => {
  await expect(pretty(schema)).toMatchFileSnapshot(`${folder}/${name}.schema.json`)
})

test('asyncapi.json is current', async () => {
  await expect(pretty(asyncApi())).toMatchFileSnapshot(`${folder}/asyncapi.json`)
})

test('no file is left of a schema that is gone', () => {
  const files = readdirSync(new URL(`${folder}/`, import.meta.url)).sort()
  expect(files).toEqual([...schemas.map(([name]) => `${name}.schema.json`), 'asyncapi.json'].sort())
})

test('every reference of the AsyncAPI document leads somewhere', () => {
  const document = asyncApi()
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!)
  expect(refs.length).toBeGreaterThan(60)
  const at = (path: string) =>
    path.split('/').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
  for (const path of refs) expect(at(path), path).toBeDefined()
  const files = [...JSON.stringify(document).matchAll(/"\$ref":"\.\/([^"]+)"/g)].map(([, file]) => file!)
  expect(files.sort()).toEqual(schemas.map(([name]) => `${name}.schema.json`).sort())
})
