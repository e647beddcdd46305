import type { Readable } from 'node:stream'
import type { ParamIssue } from '../events/partner-params.ts'
import type { DeliveryInfo } from '../types/event.ts'

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
  /**
   * The sender's address as your proxy settings see it, or a function that returns it: what it throws goes to
   * `onError`. Without it no address rule can pass.
   */
  clientIp?: string | (() => unknown) | undefined
  /** Path params, such as `{ tenant }`; they reach the credentials function and `event.delivery.params`. */
  params?: Readonly<Record<string, string>> | undefined
  /** The URL it was posted to, whole or from its path on; needed where `callbackSecret` is set. */
  url?: string | undefined
}

/** A verified delivery that could not be read as an event. It was answered 422; nothing of it is lost here. */
export interface UnrecognizedDelivery {
  /** Why, as in its report. */
  readonly code: 'unrecognized_payload' | 'invalid_partner_params'
  /** Which partner params broke the schema; empty for an unrecognized payload. */
  readonly issues: readonly ParamIssue[]
  /** The body as text; written again from its value where a parser before the router had read it. Identity data. */
  readonly rawBody: string
  /** The parsed body. Identity data. */
  readonly body: unknown
  /** How it arrived, and whose key signed it. */
  readonly delivery: DeliveryInfo
}
