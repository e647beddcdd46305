import * as crypto from 'node:crypto'

type Hash = (algorithm: string, data: string | Uint8Array, encoding: 'hex' | 'base64') => string

const oneShot = (crypto as { hash?: Hash }).hash

/** In one call where Node has it (20.12 and later): a Hash object for every delivery keeps the garbage collector busy. */
export const sha256: (data: string | Uint8Array, encoding: 'hex' | 'base64') => string =
  typeof oneShot === 'function'
    ? (data, encoding) => oneShot('sha256', data, encoding)
    : (data, encoding) => crypto.createHash('sha256').update(data).digest(encoding)
