import * as z from 'zod'

/** Creates an object schema: loose keeps unknown keys, strict refuses them (tests only). */
export type MakeObject = (shape: z.core.$ZodLooseShape) => z.ZodType

export const loose: MakeObject = (shape) => z.looseObject(shape)
export const strict: MakeObject = (shape) => z.strictObject(shape)

/**
 * Shared by both generations. Created for each caller: at import they would cost every start more than all our other
 * code.
 */
export const makeParts = () => ({
  text: z.string().optional(),
  nullableText: z.string().nullable().optional(),
  numberLike: z.union([z.string(), z.number()]).optional(),
  booleanLike: z.union([z.string(), z.boolean()]).optional(),
  texts: z.array(z.string()).optional(),
  list: z.array(z.unknown()).optional(),
  /** Every country and authority has keys of its own: never checked, neither loose nor strict. */
  open: z.looseObject({}),
})

export type Parts = ReturnType<typeof makeParts>

export const keys = <S extends z.ZodType>(names: readonly string[], schema: S): Record<string, S> =>
  Object.fromEntries(names.map((name) => [name, schema]))
