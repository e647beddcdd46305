import * as z from 'zod'

/** Makes an object schema: loose keeps unknown keys, strict refuses them (tests only). */
export type MakeObject = (shape: z.core.$ZodLooseShape) => z.ZodType

export const loose: MakeObject = (shape) => z.looseObject(shape)
export const strict: MakeObject = (shape) => z.strictObject(shape)

/**
 * What both generations build on. Made anew for each caller: at import they would cost every start more than all else
 * of ours.
 */
export const makeParts = () => ({
  text: z.string().optional(),
  nullableText: z.string().nullable().optional(),
  numberLike: z.union([z.string(), z.number()]).optional(),
  booleanLike: z.union([z.string(), z.boolean()]).optional(),
  texts: z.array(z.string()).optional(),
  list: z.array(z.unknown()).optional(),
  /** Keys of its own in every country and authority: never checked, neither loose nor strict. */
  open: z.looseObject({}),
})

export type Parts = ReturnType<typeof makeParts>

export const keys = <S extends z.ZodType>(names: readonly string[], schema: S): Record<string, S> =>
  Object.fromEntries(names.map((name) => [name, schema]))
