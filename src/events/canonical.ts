import { isRecord, isScalar, type Json } from '../lib/json.ts'
import { sha256 } from '../signature/sign.ts'

/**
 * Content as a flat array: the same content makes the same array, and different content a different one. Strings as
 * they are; an array as its length and items; an object as `keyed`, its sorted keys in one string, and their values, or
 * as `asKeyed`, their number, and each key before its value.
 */
export type Facts = (string | number | null)[]

/** 32 hex digits, written anew: a slice would keep all 64 in memory as long as an id is remembered. */
export function digest(facts: Facts): string {
  digits.write(sha256(JSON.stringify(facts)), 'latin1')
  return digits.toString('latin1')
}

const digits = Buffer.alloc(32)

const keyed = -1
const asKeyed = -2
const deepestLevel = 64
const mostSortedKeys = 1_000
const mostSortedFacts = 50_000

/**
 * Writes a value without the parts that change when it is sent again: key order, a number or boolean written as a
 * string, and, unless `ofText` says otherwise, query and fragment of URLs. Linear in its size: an object of more than 1
 * 000 keys, or one after the first 50 000 values, counts in the order sent; content deeper than 64 levels does not
 * count.
 */
export function write(facts: Facts, value: unknown, ofText = withoutUrlQuery, depth = 0): void {
  if (depth > deepestLevel) facts.push(null)
  else if (typeof value === 'string') facts.push(ofText(value))
  else if (Array.isArray(value)) {
    facts.push(value.length)
    for (const item of value as unknown[]) write(facts, item, ofText, depth + 1)
  } else if (isRecord(value)) writeKeys(facts, value, Object.keys(value), ofText, depth + 1)
  else facts.push(isScalar(value) || typeof value === 'bigint' ? String(value) : null)
}

/** Writes these keys of an object. */
export function writeKeys(facts: Facts, object: Json, keys: string[], ofText = withoutUrlQuery, depth = 1): void {
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

/** Compare text chosen by the sender in full, query string included. */
export const asSent = (text: string): string => text

/** An array of keys, and the same sorted. */
interface Order {
  readonly sent: readonly string[]
  readonly sorted: readonly string[]
  readonly text: string
}

// Most objects repeat the keys of an earlier one; sorting them again took a third of the time for a 60 kB body.
const orders = new Map<string, Order>()
const mostOrders = 64
/** Characters. Senders choose keys, and must not choose how much memory is kept. */
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

function withoutUrlQuery(text: string): string {
  // Most begin with no h, which is known before a pattern begins.
  if ((text.charCodeAt(0) | 0x20) !== 0x68 || !isUrl.test(text)) return text
  const end = text.search(/[?#]/)
  return end < 0 ? text : text.slice(0, end)
}
