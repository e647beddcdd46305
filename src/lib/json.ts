export type Json = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
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
