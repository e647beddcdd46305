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
    jobId: text('job-id'),
    userId: text('user-id'),
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
