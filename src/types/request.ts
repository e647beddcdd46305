import type { IncomingMessage } from 'node:http'

/** A request as Node makes it, with what Express adds where it is used. */
export interface NodeRequest extends IncomingMessage {
  /** The sender's address, as `trust proxy` decides. */
  readonly ip?: string | undefined
}

interface ClientIpMethod {
  of(req: NodeRequest): string | null | undefined
}

/**
 * Finds the sender's address. A function that takes Express's own `Request` fits as well: for methods TypeScript allows
 * it.
 */
export type ClientIp = ClientIpMethod['of']
