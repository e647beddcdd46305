import type { ReceiverCause } from '../../report/causes.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'

/** Says what is wrong with the type or the encoding that a delivery declares; never what it is, since anybody can write it. */
export function refuseMediaType(isJson: boolean, isKnownCharset: boolean, contentType: string): Refusal {
  const [cause, hint] = causeOf(isJson, isKnownCharset, contentType)
  return refuse('unsupported_media_type', hint, { cause })
}

function causeOf(isJson: boolean, isKnownCharset: boolean, contentType: string): [ReceiverCause, string] {
  if (/x-www-form-urlencoded|form-data/i.test(contentType)) return ['form_encoded', 'The delivery says that it is form data, and Smile ID sends JSON. curl says so by itself where -d has no header.']
  if (!isJson) return ['not_json_type', 'The delivery says that it is something else than JSON, and Smile ID sends application/json.']
  return isKnownCharset ? ['content_encoding', 'The body is compressed in a way that the router does not undo: gzip, deflate and br are known.'] : ['charset', 'The delivery says that it is not in UTF-8.']
}
