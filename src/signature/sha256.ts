import * as crypto from 'node:crypto'

/** A hash in one call, where Node has it (20.12 and later): a Hash object for every delivery keeps the garbage collector busy. */
export const hashOf = (crypto as Partial<Pick<typeof crypto, 'hash'>>).hash

/** In hex. */
export const sha256: (data: string | Uint8Array) => string = hashOf
  ? (data) => hashOf('sha256', data, 'hex')
  : (data) => crypto.createHash('sha256').update(data).digest('hex')
