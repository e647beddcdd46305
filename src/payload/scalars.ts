import * as z from 'zod'

export type Json = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Wrong types never refuse a delivery: what cannot be read is read as absent, and `payload` stays as sent.

export const text = z.string().optional().catch(undefined)

/** An id: text, or a number where a sender made one of it; empty is absent. */
export const idText = z
  .union([z.string().min(1), z.number().transform(String)])
  .optional()
  .catch(undefined)

/** "99", "97.000000" or 99. */
export const numberLike = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/).transform(Number)])
  .optional()
  .catch(undefined)

/** "true", "false", true or false; in any case, as "False" must not be read as nothing said. */
export const booleanLike = z
  .union([z.boolean(), z.string().regex(/^(?:true|false)$/i).transform((word) => word.toLowerCase() === 'true')])
  .optional()
  .catch(undefined)

/** Any object, by reference: its keys are never copied, so a hostile key such as __proto__ does nothing. */
export const record = z.custom<Json>(isRecord).optional().catch(undefined)
