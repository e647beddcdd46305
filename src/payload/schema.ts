import * as z from 'zod'
import type { Field, Shape } from '../types/payload/fields.ts'
import { payloadFields, type PayloadBySchema } from '../types/payload/index.ts'
import { rowOf, type Product } from '../types/products.ts'

/** `<generation>.<shape>`, such as `v3.identity`: also the name of the file under `express-smile-id/schemas/`. */
export type SchemaName = keyof PayloadBySchema

type MakeObject = (shape: z.core.$ZodLooseShape) => z.ZodType

const typeSchemas = { string: z.string, number: z.number, boolean: z.boolean }

/** The schema of a field; `object` makes those objects that are not open. */
function schemaOf({ types, fields, items, isOpen }: Field, object: MakeObject): z.ZodType {
  const either: z.ZodType[] = Object.entries(typeSchemas).flatMap(([type, make]) => (types.has(type) ? [make()] : []))
  if (fields) {
    const shape = Object.fromEntries([...fields].map(([key, field]) => [key, schemaOf(field, object).optional()]))
    either.push(isOpen ? z.looseObject(shape) : object(shape))
  }
  if (items) either.push(z.array(schemaOf(items, object)))
  const [one, ...more] = either as [z.ZodType, ...z.ZodType[]]
  const schema = more.length === 0 ? one : z.union([one, ...more])
  return types.has('null') ? schema.nullable() : schema
}

/** Created on first use: it takes longer than everything else at start. */
function lazily(object: MakeObject): Readonly<Record<SchemaName, z.ZodType>> {
  const made = new Map<string, z.ZodType>()
  const schemas = {}
  for (const [name, field] of Object.entries(payloadFields)) {
    const get = () => made.get(name) ?? made.set(name, schemaOf(field, object)).get(name)
    Object.defineProperty(schemas, name, { enumerable: true, get })
  }
  return Object.freeze(schemas) as Record<SchemaName, z.ZodType>
}

/** Schemas used at run time: unknown keys are allowed. */
export const payloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = /* @__PURE__ */ lazily(z.looseObject)

/** The same, refusing unknown keys: for tests that should notice when Smile ID adds something. */
export const strictPayloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = /* @__PURE__ */ lazily(z.strictObject)

/** The schema of a product's payload, by its shape. */
export const schemaNameOf = (product: Product, shape: Shape): SchemaName => rowOf(product)[shape]

/** The documented fields of a product's payload, by its shape. */
export const fieldsOf = (product: Product, shape: Shape): Field => payloadFields[schemaNameOf(product, shape)]
