import type { Readable } from 'node:stream'
import type { ParamIssue } from '../events/partner-params.ts'
import type { DeliveryInfo } from '../types/delivery.ts'

/** Headers as Node, Express and fetch have them; names in any case. */
export type DeliveryHeaders = HeadersLike | HeaderRecord

/** The members of fetch's `Headers` that are used. */
export interface HeadersLike {
  get(name: string): string | null
  /** Used for hints only. */
  keys?(): Iterable<string>
}

/** Headers as a plain object, by name. */
export type HeaderRecord = Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>

/** Hosts also pass numbers and undefined. */
type HeaderValue = string | number | boolean | null | undefined

/**
 * The body: a stream, bytes, a string, or the value of an earlier JSON parser. `undefined` if other code has read the
 * stream and kept nothing.
 */
export type DeliveryBody = Readable | Uint8Array | string | object | null | undefined

/** One HTTP POST, free of any framework. */
export interface IncomingDelivery {
  /** Such as `POST`. */
  method: string
  /** All headers, names in any case: the v3 signature is in headers. */
  headers: DeliveryHeaders
  /** Read only after the headers have passed; at most `maxBodySize` bytes of it. */
  body: DeliveryBody
  /**
   * The sender's address as your proxy settings see it, or a function that returns it: what it throws goes to
   * `onError`. Without it no address rule can pass.
   */
  clientIp?: string | (() => unknown) | undefined
  /** Path params, such as `{ tenant }`; they reach the credentials function and `event.delivery.params`. */
  params?: Readonly<Record<string, string>> | undefined
  /** The URL of the request, whole or from its path on; required with `callbackSecret`. */
  url?: string | undefined
}

/** A verified delivery that could not be read as an event. It was answered 422; this object holds all of it. */
export interface UnrecognizedDelivery {
  /** Reason, as in its report. */
  readonly code: 'unrecognized_payload' | 'invalid_partner_params'
  /** Partner params that broke the schema; empty for an unrecognized payload. */
  readonly issues: readonly ParamIssue[]
  /** The body as a string; serialized again if an earlier parser had read it. Identity data. */
  readonly rawBody: string
  /** The parsed body. Identity data. */
  readonly body: unknown
  /** How it arrived, and the credential that signed it. */
  readonly delivery: DeliveryInfo
}
