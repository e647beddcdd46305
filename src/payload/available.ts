const standIns: ReadonlySet<string> = new Set(['not available', 'n/a', '', 'nan-nan-nan', 'null'])

/**
 * Whether Smile ID has this value: false for `null`, `undefined` and the texts it sends instead of nothing:
 * `"Not Available"`, `"N/A"`, `""`, `"NaN-NaN-NaN"`, `"null"`, in any case. contract/v1.md §1.0 and §5.
 * @example
 * import { isAvailable } from 'express-smile-id'
 *
 * const names = ['Ada Example', 'Not Available', null].filter(isAvailable)   // ['Ada Example']
 */
export function isAvailable<T>(value: T): value is NonNullable<T> {
  if (value === null || value === undefined) return false
  // A photo of a megabyte is no stand-in: long texts are not looked at.
  return typeof value !== 'string' || value.length > 32 || !standIns.has(value.trim().toLowerCase())
}

/**
 * The value, or undefined where `isAvailable` says that there is none.
 * @example
 * import { available } from 'express-smile-id'
 *
 * callbacks.on('approved', (event) => {
 *   const dob = available(event.payload.partner_params)   // undefined where Smile ID sent "Not Available"
 * })
 */
export function available<T>(value: T): NonNullable<T> | undefined {
  return isAvailable(value) ? value : undefined
}
