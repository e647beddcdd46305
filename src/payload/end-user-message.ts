import type { SmileIdEvent } from '../types/event.ts'

/**
 * The English sentences of `endUserMessage`: by v3 reason or v1 code, else by outcome. Suspicions of fraud and matches
 * of screening have none of their own: the person must not learn of them.
 */
export const endUserMessages: Readonly<Record<string, string>> = Object.freeze({
  approved: 'Your identity has been verified.',
  rejected: 'We could not verify your identity with the details you gave.',
  provisional: 'We are still checking your details.',
  attention: 'We need a little longer to check your details.',
  error: 'Something went wrong while we checked your details. Please try again.',
  unknown: 'We need a little longer to check your details.',
  ...sentences('Your document has expired. Please use one that is still valid.', 'document_expired'),
  ...sentences('Please take a picture of the original document, not of a copy.', 'document_copy_detected'),
  ...sentences('You do not have the age that this service requires.', 'age_requirement_not_met'),
  ...sentences('We could not match your selfie. Please try again in good light.', 'face_verification_failed', '0811'),
  ...sentences('We could not find this ID number. Please check it and try again.', 'identifier_not_found', '1013'),
  ...sentences('This ID number is not in the right form. Please check it.', 'invalid_id_number', '1014'),
  ...sentences('We do not accept this kind of document. Please use another one.', 'unsupported_document', '0816'),
  ...sentences('We could not read your document. Please take a sharper picture.', 'document_unclassifiable'),
  ...sentences('Your picture cannot be used. Please take another one.', 'image_unavailable_or_invalid', '0001'),
  ...sentences('The check is out of service for the moment. Please try again later.', 'service_unavailable', '1015'),
})

function sentences(sentence: string, ...words: string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word, sentence]))
}

/**
 * A sentence for the person whom an event is about. It names no score, and no suspicion of fraud. `sentences` replaces
 * some or all: keys are v3 reasons, v1 codes and outcomes, looked up in that order. An event that is no `result` reads
 * as `provisional`.
 * @example
 * import { endUserMessage } from 'express-smile-id'
 *
 * callbacks.on(['rejected', 'error'], (event) => {
 *   const text = endUserMessage(event, { document_expired: 'Votre document a expiré.' })
 *   return save(text)
 * })
 */
export function endUserMessage(
  event: Pick<SmileIdEvent<unknown>, 'kind' | 'result'> & { readonly outcome?: string },
  sentences: Readonly<Record<string, string>> = {},
): string {
  const all: Readonly<Record<string, string>> = { ...endUserMessages, ...sentences }
  const { code, reason } = event.result
  const outcome = event.kind === 'result' ? (event.outcome ?? 'unknown') : 'provisional'
  // A reason explains a refusal or an error; what is approved or under review needs none.
  const words = outcome === 'rejected' || outcome === 'error' || outcome === 'attention' ? [reason, code] : []
  const word = [...words, outcome].find((one) => one !== undefined && Object.hasOwn(all, one))
  return all[word ?? 'unknown'] ?? ''
}
