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
