import type { Readable } from 'node:stream'

/** Headers as Node, Express and fetch have them; names in any case. */
export type DeliveryHeaders = HeadersLike | HeaderRecord

/** What is needed of fetch's `Headers`, whoever made them. */
export interface HeadersLike {
  get(name: string): string | null
  /** For hints alone. */
  keys?(): Iterable<string>
}

/** Headers as a plain object, by name. */
export type HeaderRecord = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>

/** Hosts also give numbers, and nothing. */
type HeaderValue = string | number | boolean | null | undefined

/**
 * The body: a stream, the bytes, the text, or what a JSON parser before made of it.
 * `undefined` where somebody else has read the stream and left nothing.
 */
export type DeliveryBody = Readable | Uint8Array | string | object | null | undefined

/** One HTTP POST, free of any framework. */
export interface IncomingDelivery {
  /** Such as `POST`. */
  method: string
  /** All of them, names in any case: v3 is signed in headers. */
  headers: DeliveryHeaders
  /** Read only once the headers have passed; not more than `maxBodySize` bytes of it. */
  body: DeliveryBody
  /** The sender's address as your proxy settings see it. Without it no address rule can pass. */
  clientIp?: string | undefined
  /** Path params, such as `{ tenant }`; they reach the credentials function and `event.delivery.params`. */
  params?: Readonly<Record<string, string>> | undefined
  /** The URL it was posted to, whole or from its path on; needed where `callbackSecret` is set. */
  url?: string | undefined
}
