import type { IncomingMessage } from 'node:http'

/** Node's request, with the property that Express adds. */
export interface NodeRequest extends IncomingMessage {
  /** The sender's address, as `trust proxy` decides. */
  readonly ip?: string | undefined
}

interface ClientIpMethod {
  of(req: NodeRequest): string | null | undefined
}

/** Finds the sender's address. Declared as a method, so that a function that takes Express's own `Request` fits too. */
export type ClientIp = ClientIpMethod['of']

/** The generation that signed the delivery: `v1` in the body, `v3` in the headers. */
export type Generation = 'v1' | 'v3'

/** The credential whose key made the signature; never the key itself. */
export interface MatchedCredential {
  /** As the portal shows it, leading zeros included. */
  readonly partnerId: string
  /** Environment, as you named it, such as `sandbox`. */
  readonly environment?: string
  /** Label, as you named it, such as a tenant. */
  readonly label?: string
}

/** How the event arrived. */
export interface DeliveryInfo {
  /** `callback`: Smile ID delivered it. `asked`: Smile ID was asked for it. */
  readonly origin: 'callback' | 'asked'
  /** Place of the signature. contract/v1.md §2; contract/v3.md §1. */
  readonly generation: Generation
  /** The time in the signature. */
  readonly signedAt: Date
  /** Time of arrival, by the option `now`. */
  readonly receivedAt: Date
  /** The sender's address; absent if the host gave none. */
  readonly clientIp?: string
  /** Path params of the mount, such as `{ tenant }`. */
  readonly params: Readonly<Record<string, string>>
  /** True once Smile ID itself repeated the result when asked. */
  readonly confirmed: boolean
  /** Fields of a confirmed event that Smile ID did not repeat when asked. Empty unless `confirmed`. */
  readonly unconfirmed: readonly string[]
  /** The reference in the callback URL that `urlFor` minted; always set with `callbackSecret`. */
  readonly reference?: string
  /** The credential whose key made the signature. */
  readonly credential: MatchedCredential
}
