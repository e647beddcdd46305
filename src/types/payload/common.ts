/** An object as sent, unknown keys kept. */
export interface LoosePayload {
  readonly [key: string]: unknown
}

/** A number, or a string that stands for one: `"99"`, `"97.000000"`. As sent; `event.result` has the parsed number. */
export type NumberLike = number | string

/** A boolean, or `"true"` or `"false"`. As sent; `event.result` has the parsed boolean. */
export type BooleanLike = boolean | string

/** The generation in whose words a body is written; `Generation` says where its signature was. */
export type Shape = 'v1' | 'v3'
