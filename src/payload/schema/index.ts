import type * as z from 'zod'
import { rowOf, type Product } from '../../types/products.ts'
import type { PayloadBySchema } from '../../types/payload/index.ts'
import type { Shape } from '../../types/payload/common.ts'
import { loose, makeParts, strict, type MakeObject } from './parts.ts'
import { outlineOf, type Outline } from './outline.ts'
import { v1Schemas } from './v1.ts'
import { v3Schemas } from './v3.ts'

function all(object: MakeObject) {
  const parts = makeParts()
  return { ...v1Schemas(object, parts), ...v3Schemas(object, parts) }
}

/** `<generation>.<shape>`, such as `v3.identity`: also the name of the file under `express-smile-id/schemas/`. */
export type SchemaName = keyof PayloadBySchema

const schemaNames: Readonly<Record<SchemaName, true>> = {
  'v1.common': true,
  'v1.identity': true,
  'v1.basic_kyc': true,
  'v1.document': true,
  'v1.business_verification': true,
  'v1.one_time_aml': true,
  'v1.phone_number_verification': true,
  'v3.common': true,
  'v3.identity': true,
  'v3.residency_document_verification': true,
  'v3.one_time_aml': true,
}

/** Created on first use: it takes longer than everything else at start. */
function lazily(object: MakeObject): Readonly<Record<SchemaName, z.ZodType>> {
  let made: Readonly<Record<SchemaName, z.ZodType>> | undefined
  const getters = Object.keys(schemaNames).map((name) => [
    name,
    { enumerable: true, get: () => (made ??= all(object))[name as SchemaName] },
  ])
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap)) as Record<
    SchemaName,
    z.ZodType
  >
}

/** Schemas used at run time: unknown keys are allowed. */
export const payloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = lazily(loose)

/** The same, refusing unknown keys: for tests that should notice when Smile ID adds something. */
export const strictPayloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = lazily(strict)

/** The schema of a product's payload, by its shape. */
export const schemaNameOf = (product: Product, shape: Shape): SchemaName => rowOf(product)[shape]

const outlines = new Map<SchemaName, Outline>()

/** The documented form of a product's payload, by its shape; built from the strict schema on first use. */
export function outlineFor(product: Product, shape: Shape): Outline {
  const name = schemaNameOf(product, shape)
  const outline = outlines.get(name) ?? outlineOf(strictPayloadSchemas[name])
  outlines.set(name, outline)
  return outline
}
