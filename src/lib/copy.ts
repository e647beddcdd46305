/** A copy of plain data, lists and Dates in it as well: whoever gets it may change it. */
export function copyOf<T>(value: T): T {
  return copied(value) as T
}

function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map(copied)
  const copy: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(value)) copy[key] = copied(one)
  return copy
}
