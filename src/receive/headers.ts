import type { DeliveryHeaders } from './delivery.ts'

/** All that the pipeline reads of a delivery's headers. */
export interface ReadHeaders {
  contentType: string | undefined
  contentEncoding: string | undefined
  contentLength: string | undefined
  responseSignature: string | undefined
  responseTimestamp: string | undefined
  jobId: string | undefined
  userId: string | undefined
}

export function readHeaders(headers: DeliveryHeaders): ReadHeaders {
  const text = headerReader(headers)
  return {
    contentType: text('content-type'),
    contentEncoding: text('content-encoding'),
    contentLength: text('content-length'),
    responseSignature: text('response-signature'),
    responseTimestamp: text('response-timestamp'),
    // The second name is published for AML alone. contract/v3.md §2.2.
    jobId: identity(text('job-id')) ?? identity(text('smileid-job-id')),
    userId: identity(text('user-id')),
  }
}

/** Gives a header's text by its name in lower case. Repeated headers are joined as HTTP does, which no signature survives. */
export const headerReader = (headers: DeliveryHeaders): ((lowerCaseName: string) => string | undefined) =>
  hasGetter(headers) ? (name) => headers.get(name) ?? undefined : readerOf(lowerCased(headers))

type HeaderRecord = Exclude<DeliveryHeaders, Headers>

// Not instanceof: the first look at that global loads all of fetch.
const hasGetter = (headers: DeliveryHeaders): headers is Headers => typeof headers.get === 'function'

function readerOf(headers: HeaderRecord): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name]
    return typeof value === 'string' || value === undefined ? value : joined(value)
  }
}

const joined = (values: readonly string[]): string | undefined => (values.length === 0 ? undefined : values.join(', '))

/** Node's own headers are in lower case, and need no copy. */
function lowerCased(headers: HeaderRecord): HeaderRecord {
  for (const name in headers) if (name !== name.toLowerCase()) return copied(headers)
  return headers
}

function copied(headers: HeaderRecord): HeaderRecord {
  const copy: Record<string, string[]> = Object.create(null) as Record<string, string[]>
  for (const name in headers) (copy[name.toLowerCase()] ??= []).push(...[headers[name] ?? []].flat())
  return copy
}

/** An id as its sender wrote it: HTTP libraries read UTF-8 as latin1, and join what a proxy sent twice. Empty is absent. */
function identity(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  const text = /^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(value) ? decodedUtf8(value) : value
  const [first = '', ...others] = text.split(', ')
  return others.length > 0 && others.every((other) => other === first) ? first : text
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Itself, if its bytes are no UTF-8: then somebody has decoded it before. */
function decodedUtf8(latin1: string): string {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'))
  } catch {
    return latin1
  }
}
