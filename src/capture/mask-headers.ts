import { parseAddress } from '../receive/guards/client-address.ts'
import { isSignature, isTimestamp, mask } from './mask-body.ts'

type Keep = (value: string) => string

const whole = (known: (value: string) => boolean): Keep => (value) => (known(value) ? value : mask)

/** Addresses are what a refusal of the sender is about; all else that stands between them is not. */
const addresses: Keep = (value) => value.slice(-512).split(/[,;]/).slice(-10).map((one) => addressIn(one.trim())).join(', ')
const addressIn = (text: string): string => (parseAddress(text.replace(/^for=/i, '').replace(/^"(.*)"$/, '$1')) ? text : mask)

const mediaTypes = /^(?:application\/(?:json|[a-z]{1,12}\+json|xml|octet-stream|x-www-form-urlencoded|x-ndjson)|text\/(?:json|plain|html|xml)|multipart\/form-data)$/
const charset = /^charset="?(utf-?8|us-ascii|utf-?16(le|be)?|iso-8859-\d{1,2}|latin1|windows-125\d)"?$/
const mediaType: Keep = (value) => {
  const [type = '', ...parameters] = value.toLowerCase().split(';').map((part) => part.trim())
  return [mediaTypes.test(type) ? type : mask, ...parameters.filter((one) => charset.test(one))].join('; ')
}

/** What is kept of the headers that say something of a refusal; of ids, that they were there. */
const kept: Readonly<Record<string, Keep>> = {
  'content-type': mediaType,
  'content-encoding': whole((value) => /^(gzip|x-gzip|deflate|br|zstd|compress|identity)(, ?(gzip|x-gzip|deflate|br|zstd|compress|identity)){0,3}$/i.test(value)),
  'content-length': whole((value) => /^\d{1,10}$/.test(value)),
  'response-signature': whole(isSignature),
  'response-timestamp': whole(isTimestamp),
  'job-id': () => mask,
  'smileid-job-id': () => mask,
  'user-id': () => mask,
  'x-forwarded-for': addresses,
  forwarded: addresses,
  'x-real-ip': addresses,
  'cf-connecting-ip': addresses,
  'true-client-ip': addresses,
}

/** Renamed on the way. The prefix may be anything, so it is not kept. */
const renamed = /response[-_]?(signature|timestamp)$/i

/** The headers without what could identify somebody; names that say nothing of a refusal are left out. */
export function maskedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    const keep = Object.hasOwn(kept, lower) ? kept[lower] : undefined
    if (keep) masked[name] = keep(value)
    const [, half] = keep ? [] : (renamed.exec(name) ?? [])
    if (half !== undefined) masked[`X-Response-${half}`] = isSignature(value) || isTimestamp(value) ? value : mask
  }
  return masked
}
