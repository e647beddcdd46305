import * as crypto from 'node:crypto'

type Hash = (algorithm: string, data: string | Uint8Array, encoding: 'hex') => string

const oneShot = (crypto as { hash?: Hash }).hash

/** In hex. In one call where Node has it (20.12 and later): a Hash object for every delivery keeps the garbage collector busy. */
export const sha256: (data: string | Uint8Array) => string =
  typeof oneShot === 'function'
    ? (data) => oneShot('sha256', data, 'hex')
    : (data) => crypto.createHash('sha256').update(data).digest('hex')
