import * as z from 'zod'

/** Makes an object schema: loose keeps unknown keys, strict refuses them (tests only). */
export type MakeObject = (shape: z.core.$ZodLooseShape) => z.ZodType

export const loose: MakeObject = (shape) => z.looseObject(shape)
export const strict: MakeObject = (shape) => z.strictObject(shape)

export const text = z.string().optional()
export const nullableText = z.string().nullable().optional()
export const numberLike = z.union([z.string(), z.number()]).optional()
export const booleanLike = z.union([z.string(), z.boolean()]).optional()
export const texts = z.array(z.string()).optional()
export const list = z.array(z.unknown()).optional()
/** Keys of its own in every country and authority: never checked, neither loose nor strict. */
export const open = z.looseObject({})

export const keys = <S extends z.ZodType>(names: readonly string[], schema: S): Record<string, S> =>
  Object.fromEntries(names.map((name) => [name, schema]))
