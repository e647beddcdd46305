/** An object as sent, unknown keys kept. */
export interface LoosePayload {
  readonly [key: string]: unknown
}

/** A number, or a text that stands for one: `"99"`, `"97.000000"`. As sent; `event.result` has it read. */
export type NumberLike = number | string

/** A boolean, or `"true"` or `"false"`. As sent; `event.result` has it read. */
export type BooleanLike = boolean | string

/** Which generation's words a body is written in. Where its signature was is another matter: that is `Generation`. */
export type Shape = 'v1' | 'v3'
