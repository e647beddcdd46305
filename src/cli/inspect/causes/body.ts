import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'

/** What is no JSON, where more of it can be looked at than a receiver does. */
export function causeOfMalformed({ capture, text, header }: Facts): Mistake | undefined {
  const bytes = Buffer.byteLength(text)
  const declared = Number(header('content-length') ?? bytes)
  if (typeof capture.body === 'string' && text.startsWith('\u001F\uFFFD')) return mistake('binary_as_text')
  if (/^\s*\{\s*'/.test(text) || /:\s*(None|True|False|undefined)\b/.test(text)) return mistake('printed_object')
  if (!/^\s*[{[]/.test(text) || (bytes >= declared && /[}\]]\s*$/.test(text))) return undefined
  const limit = bytes % 1024 === 0 ? ` That is a limit of ${bytes / 1024} kB to the byte.` : ''
  return mistake('cut_off', `The body stops in the middle after ${bytes} bytes${bytes < declared ? ` of ${declared}` : ''}.${limit} Callbacks with photos have up to 1.5 MB.`)
}
