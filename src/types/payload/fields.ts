/** An object as sent, unknown keys kept. */
export interface LoosePayload {
  readonly [key: string]: unknown
}

/** A number, or a string that stands for one: `"99"`, `"97.000000"`. As sent; `event.result` has the parsed number. */
export type NumberLike = number | string

/** A boolean, or `"true"` or `"false"`. As sent; `event.result` has the parsed boolean. */
export type BooleanLike = boolean | string

/** The generation in whose words a body is written; `Generation` says where its signature was. */
export type Shape = 'v1' | 'v3'

/** Documentation of one value: types, schemas and drift notes are made of it. */
export interface Field<T = unknown> {
  /** Names of `typeof`, or `null`, that it may have. An object or array is described below. */
  readonly types: ReadonlySet<string>
  /** Fields of an object; each may be absent. */
  readonly fields?: ReadonlyMap<string, Field>
  /** True for an object to which countries, authorities and registers add keys of their own: none of them is news. */
  readonly isOpen?: boolean
  readonly items?: Field
  /** The type, for the compiler alone. */
  readonly as: T
}

export type Fields = Readonly<Record<string, Field>>

/** The type of an object with these fields. */
export type Documented<F extends Fields> = { readonly [Key in keyof F]?: F[Key]['as'] }

/** Keys of the other generation: a payload of either can be asked for them, and has none. */
export type Absent<Keys extends PropertyKey> = { readonly [Key in Keys]?: undefined }

const field = <T>(types: readonly string[], parts: Partial<Field> = {}): Field<T> =>
  ({ types: new Set(types), ...parts }) as Field<T>

export const text = field<string>(['string'])
export const number = field<number>(['number'])
export const boolean = field<boolean>(['boolean'])
export const numberLike = field<NumberLike>(['string', 'number'])
export const booleanLike = field<BooleanLike>(['string', 'boolean'])

/** Allows null as well. */
export const nullable = <T>(given: Field<T>): Field<T | null> => ({
  ...given,
  types: new Set([...given.types, 'null']),
})
export const nullableText = nullable(text)

export const arrayOf = <T>(items: Field<T>): Field<readonly T[]> => field([], { items })
export const texts = arrayOf(text)

/** An object; its type has the name that is given. */
export const object = <T>(fields: Fields): Field<T> => field([], { fields: new Map(Object.entries(fields)) })
export const closed = <F extends Fields>(fields: F): Field<Documented<F>> => object(fields)
export const openAs = <T>(fields: Fields): Field<T> => ({ ...object<T>(fields), isOpen: true })
export const open = <F extends Fields>(fields: F): Field<Documented<F>> => openAs(fields)
/** An object of which no key is documented. */
export const anyObject = openAs<LoosePayload>({})
/** Items are strings in one source and objects in another, or no source shows one. */
export const list = arrayOf<LoosePayload | string>({ ...anyObject, types: text.types })

/** The same value under each name, such as the type of several fields. */
export const each = <Name extends string, T>(names: readonly Name[], value: T) =>
  Object.fromEntries(names.map((name) => [name, value])) as { readonly [Key in Name]: T }
