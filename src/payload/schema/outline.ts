import type * as z from 'zod'

/** The schema of one value, in a form that is quick to walk. */
export interface Outline {
  /** Names of `typeof`; `anything` allows all. */
  readonly types: ReadonlySet<string>
  /** Undefined: an object is not documented here. */
  readonly keys?: ReadonlyMap<string, Outline> | undefined
  /**
   * The same as an array: walking a Map allocates a pair for each key, a ninth of the allocations of a 2 kB delivery.
   */
  readonly list?: readonly OutlinedKey[] | undefined
  /** True if a key that is not named here is news. */
  readonly isClosed: boolean
  /** Undefined: an array is not documented here. */
  readonly items?: Outline | undefined
}

/** One key of an object. */
interface OutlinedKey {
  readonly key: string
  readonly outline: Outline
  readonly isOptional: boolean
}

export const anything = 'anything'

/** Reads a schema once. Only the parts that our schemas use are supported. */
export function outlineOf(schema: z.core.$ZodType): Outline {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'optional':
      return also(outlineOf(def.innerType), 'undefined')
    case 'nullable':
      return also(outlineOf(def.innerType), 'null')
    case 'union':
      return def.options.map(outlineOf).reduce((a, b) => ({ ...a, ...b, types: new Set([...a.types, ...b.types]) }))
    case 'array':
      return { types: new Set(), items: outlineOf(def.element), isClosed: false }
    case 'object': {
      const list = Object.entries(def.shape).map(([key, inner]) => outlinedKey(key, outlineOf(inner)))
      return {
        types: new Set(),
        keys: new Map(list.map(({ key, outline }) => [key, outline])),
        list,
        isClosed: def.catchall?._zod.def.type === 'never',
      }
    }
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { types: new Set([def.type]), isClosed: false }
    case 'unknown':
      return { types: new Set([anything]), isClosed: false }
    default:
      throw new TypeError(`The outline of ${def.type} is not known.`)
  }
}

const outlinedKey = (key: string, outline: Outline): OutlinedKey => ({
  key,
  outline,
  isOptional: outline.types.has('undefined'),
})

const also = (outline: Outline, type: string): Outline => ({ ...outline, types: new Set([...outline.types, type]) })
