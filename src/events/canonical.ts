import { isRecord, isScalar, type Json } from '../lib/json.ts'
import { sha256 } from '../signature/hash.ts'

/**
 * Content, one thing after the other, so that the same content makes the same list and no other does: texts as they
 * are,
 * a list as its length and its items, an object as `keyed`, its sorted keys in one text, and their values, or as
 * `asKeyed`,
 * their number, and each key before its value.
 */
export type Facts = (string | number | null)[]

/** 32 hex digits. */
export const digest = (facts: Facts): string => sha256(JSON.stringify(facts)).slice(0, 32)

const keyed = -1
const asKeyed = -2
const deepestLevel = 64
const mostSortedKeys = 1_000
const mostSortedFacts = 50_000

/**
 * Writes a value without what changes when it is sent again: key order, whether a number or boolean is written as text,
 * and
 * unless `ofText` says otherwise, query and fragment of URLs. The work is linear in its size: an object of more than 1
 * 000 keys,
 * or after the first 50 000 values, counts in the order sent, and what lies deeper than 64 levels does not count.
 */
export function write(facts: Facts, value: unknown, ofText = withoutQuery, depth = 0): void {
  if (depth > deepestLevel) facts.push(null)
  else if (typeof value === 'string') facts.push(ofText(value))
  else if (Array.isArray(value)) {
    facts.push(value.length)
    for (const item of value as unknown[]) write(facts, item, ofText, depth + 1)
  } else if (isRecord(value)) writeKeys(facts, value, Object.keys(value), ofText, depth + 1)
  else facts.push(isScalar(value) || typeof value === 'bigint' ? String(value) : null)
}

/** The same of these keys of an object. */
export function writeKeys(facts: Facts, object: Json, keys: string[], ofText = withoutQuery, depth = 1): void {
  if (keys.length > mostSortedKeys || facts.length > mostSortedFacts) {
    facts.push(asKeyed, keys.length)
    for (const key of keys) {
      facts.push(key)
      write(facts, object[key], ofText, depth)
    }
    return
  }
  const { sorted, text } = orderOf(keys)
  facts.push(keyed, text)
  for (const key of sorted) write(facts, object[key], ofText, depth)
}

/** Of what its sender chose all of each text counts. */
export const asSent = (text: string): string => text

/** How a list of keys is sorted. */
interface Order {
  readonly sent: readonly string[]
  readonly sorted: readonly string[]
  readonly text: string
}

// Most objects have the keys of one before them, of this delivery or the last: sorting them anew took a third of 60 kB.
const orders = new Map<string, Order>()
const mostOrders = 64
/** Characters. A sender chooses keys: so that it cannot choose how much is kept. */
const longestOrder = 4_096

function orderOf(sent: string[]): Order {
  const [first = ''] = sent
  const known = orders.get(first)
  if (known?.sent.length === sent.length && known.sent.every((key, at) => key === sent[at])) return known
  const sorted = [...sent].sort()
  const order = { sent, sorted, text: JSON.stringify(sorted) }
  if (order.text.length > longestOrder) return order
  if (orders.size >= mostOrders) orders.clear()
  orders.set(first, order)
  return order
}

const isUrl = /^https?:\/\//i

function withoutQuery(text: string): string {
  if (!isUrl.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}
