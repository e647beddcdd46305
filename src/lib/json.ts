export type Json = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** Its JSON; the whole numbers that some parsers make bigints of become texts, as our own parser makes them. Undefined for what has none. */
export function jsonText(value: unknown, replacer?: (key: string, value: unknown) => unknown): string | undefined {
  try {
    return JSON.stringify(value, replacer)
  } catch {
    return JSON.stringify(value, (key, one: unknown) => (typeof one === 'bigint' ? String(one) : replacer ? replacer(key, one) : one))
  }
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** Leaves out what is undefined, so that an absent fact is an absent key. */
export function definedOnly<T extends object>(object: T): Defined<T> {
  const defined: Partial<T> = {}
  for (const key in object) if (object[key] !== undefined) defined[key] = object[key]
  return defined as object as Defined<T>
}
