import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'

const kb = (bytes: number): string => `${Math.round(bytes / 1024)} kB`

export function causeOfMalformed({ text, header }: Facts): Mistake {
  const bytes = Buffer.byteLength(text)
  if (text.trim() === '') {
    return mistake('empty_body', 'The body is empty: something read it before the router, or the capture left it out.', 'Mount the router before whatever reads the request, or behind a parser that sets req.body.')
  }
  if (text.startsWith('[object ')) {
    return mistake('stringified_object', 'The body is "[object Object]": somebody turned a parsed object into text.', 'Hand on the text that came, or JSON.stringify(object).')
  }
  if (/^[\w.%[\]-]+=/.test(text) && !text.includes('{"')) {
    return mistake('form_encoded', 'The body is form data (key=value), not JSON.', 'Hand on the body as it came. Smile ID sends JSON.')
  }
  const declared = Number(header('content-length') ?? bytes)
  if (/^\s*[{[]/.test(text) && (bytes < declared || !/[}\]]\s*$/.test(text))) {
    const limit = bytes % 1024 === 0 ? ` That is a limit of ${kb(bytes)} to the byte.` : ''
    return mistake('cut_off', `The body stops in the middle after ${bytes} bytes${bytes < declared ? ` of ${declared}` : ''}.${limit} Callbacks with photos have up to 1.5 MB.`, 'Raise the limit of whatever stands before the router (a parser, a proxy, a log or capture tool) to 1.5 MB.')
  }
  if (/^\s*\{\s*'/.test(text) || /:\s*(None|True|False|undefined)\b/.test(text)) {
    return mistake('printed_object', 'The body is an object as a programming language prints it, not JSON.', 'Capture the body as it came over the wire.')
  }
  return mistake('not_json', 'The body is not JSON.', 'Look at what stands between Smile ID and the router, and whether the capture is complete.')
}

export function causeOfMediaType({ header, text }: Facts): Mistake {
  const type = (header('content-type') ?? '').toLowerCase()
  const encoding = header('content-encoding')
  if (/x-www-form-urlencoded|form-data/.test(type)) {
    return mistake('form_encoded', `The delivery says it is form data (${type.split(';')[0] ?? ''}), and Smile ID sends JSON. curl says so by itself when -d is used without a header.`, "With curl add -H 'Content-Type: application/json'; otherwise find out who changed the type.")
  }
  if (/charset/.test(type)) return mistake('charset', `The delivery says it is not in UTF-8 (${type}).`, 'JSON is UTF-8: take the charset away, or write utf-8.')
  if (encoding !== undefined && type.includes('json')) {
    return mistake('content_encoding', `The body is compressed as "${encoding}", which the router does not undo.`, 'Use gzip, deflate or br, or none.')
  }
  const json = /^\s*\{/.test(text) ? ' The body looks like JSON all the same.' : ''
  return mistake('not_json_type', `The delivery says it is "${type}", and Smile ID sends application/json.${json}`, 'Find out who changed the type on the way, or set Content-Type: application/json in your test.')
}

export function causeOfTooLarge({ report, text, header }: Facts): Mistake {
  const declared = Number(header('content-length') ?? 0)
  const bytes = report.body?.bytes ?? Math.max(declared, Buffer.byteLength(text))
  return mistake('too_large', `The body has ${kb(bytes)} (${bytes} bytes), and the limit is maxBodySize, 1.5 MB unless you set it.`, 'Smile ID keeps below 1.5 MB. If this one is genuine, set maxBodySize higher.')
}

export function causeOfIncomplete({ report }: Facts): Mistake {
  return mistake('body_gone', report.hint ?? 'The sender hung up before the body was whole.', 'Mount the router first, or behind a parser that sets req.body. If the sender hung up, it tries again.')
}
