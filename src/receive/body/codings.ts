/** Content codings that can be undone (RFC 9110, section 8.4.1); `x-gzip` is gzip. */
export type Coding = 'gzip' | 'deflate' | 'br'

const codings: ReadonlyMap<string, Coding> = new Map([['gzip', 'gzip'], ['x-gzip', 'gzip'], ['deflate', 'deflate'], ['br', 'br']])

/** Nobody needs more, and each costs another inflating. */
const mostCodings = 2

/** What a Content-Encoding header names, in the order in which it was applied; undefined if that cannot be undone here. */
export function contentCodings(header: string | undefined): readonly Coding[] | undefined {
  if (header === undefined) return []
  const names = header.split(',').map((one) => one.trim().toLowerCase()).filter((name) => name !== '' && name !== 'identity')
  const known = names.flatMap((name) => codings.get(name) ?? [])
  return known.length === names.length && known.length <= mostCodings ? known : undefined
}
