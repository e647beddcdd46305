import { budget } from '../../lib/limits.ts'
import { shownPartner } from '../../lib/words.ts'
import { type ReceiverCause, refusing } from '../../report/refusal.ts'
import { apiKeyOf, parseTimestamp, sign, signingKey, type SigningKey } from '../../signature/sign.ts'
import type { Candidate, Claim, Mismatch } from './signature.ts'

/** A likely cause, and what to do about it. */
type Mistake = [cause: ReceiverCause, hint: string]

/** Limit on credentials that are tried; more would make a forgery costly. */
const most = 10

/**
 * Explains a signature that no credential matches, by trying common mistakes. Anyone can cause this work, so it is done
 * for a few deliveries per second.
 */
export function mismatches(): Mismatch {
  const mayTry = budget(20)
  return (claim, candidates) => {
    const tried = candidates.slice(0, most)
    const [cause, hint] =
      tried.length === 0
        ? (['no_credentials', 'No credential was given for this delivery.'] as const)
        : (mayTry() && likelyMistake(claim, tried)) || otherKey(claim)
    const partners = tried.map(({ partnerId }) => shownPartner(partnerId))
    return refusing('signature_mismatch')(cause, hint, { partners })
  }
}

const otherKey = ({ generation }: Claim): Mistake => [
  'wrong_key',
  `Another key or partner made the signature in the ${generation === 'v3' ? 'headers' : 'body'}, or it is a forgery: the keys of sandbox and production differ.`,
]

function likelyMistake(
  { signature, possibleSignedStrings, hadDate }: Claim,
  tried: readonly Candidate[],
): Mistake | undefined {
  for (const candidate of tried) {
    const found = mistakeOf(signature, possibleSignedStrings, candidate)
    if (found) return found
  }
  // A Date has lost microseconds and the zone.
  if (hadDate === true) return rewritten
  if (/^[A-Za-z0-9+/]{43}=$/.test(signature)) return undefined
  return ['not_a_smile_id_signature', 'The signature is not 44 characters of base64, as those of Smile ID are.']
}

const rewritten: Mistake = [
  'timestamp_reformatted',
  'The timestamp was rewritten in transit. The signature covers it exactly as sent.',
]

function mistakeOf(signature: string, strings: readonly string[], candidate: SigningKey): Mistake | undefined {
  const { partnerId } = candidate
  const apiKey = apiKeyOf(candidate)
  const makes = (id: string, key: string, signed = strings) =>
    id !== '' && key !== '' && signed.some((one) => sign(one, signingKey(id, key)) === signature)
  const id = zeroForms(partnerId).find((form) => makes(form, apiKey))
  if (id !== undefined)
    return [
      'partner_id_zeros',
      `The key is right, but Smile ID signed for partner ${id} and partnerId is ${shownPartner(partnerId)}: leading zeros count.`,
    ]
  if (keyForms(apiKey).some((form) => makes(partnerId, form)))
    return ['api_key_whitespace', 'The API key has extra white space or quotation marks around it.']
  if (makes(apiKey, partnerId)) return ['credentials_swapped', 'partnerId and apiKey are swapped.']
  const right = strings.map((one) => sign(one, candidate))
  const altered = alterations.find(([, undo]) => right.includes(undo(signature)))
  if (altered)
    return [
      'signature_altered',
      `The signature was made with your key, but it ${altered[0]}: it was changed in transit.`,
    ]
  if (makes(partnerId, apiKey, strings.flatMap(timeForms))) return rewritten
  if (strings.some((one) => sign(one, candidate, 'sid_response') === signature))
    return ['sid_response', 'The signature was made over "sid_response"; callbacks are signed with "sid_request".']
  return undefined
}

function zeroForms(partnerId: string): string[] {
  const bare = partnerId.trim().replace(/^0+/, '')
  const forms = [partnerId.trim(), bare, ...[2, 3, 4, 5].map((width) => bare.padStart(width, '0'))]
  return [...new Set(forms)].filter((form) => form !== partnerId)
}

const unquoted = (given: string): string => given.replace(/^(["'])(.*)\1$/, '$2')

export function keyForms(apiKey: string): string[] {
  const bare = unquoted(apiKey.trim()).trim()
  return [...new Set([bare, apiKey.trim(), `${bare}\n`])].filter((form) => form !== apiKey && form !== '')
}

/** Changes in transit, and how each is undone. */
const alterations: readonly [says: string, undo: (received: string) => string][] = [
  ['has spaces around it', (received) => received.trim()],
  [
    'was escaped as HTML (&#x2F;), as validators do',
    (received) =>
      received.replaceAll(/&#(x2f|x3d|x2b|47|61|43);/gi, (_, code: string) => String.fromCharCode(Number(`0${code}`))),
  ],
  ['had its "+" turned into spaces, as form decoding does', (received) => received.replaceAll(' ', '+')],
  ['is URL-encoded', (received) => received.replaceAll(/%(?:2b|2f|3d)/gi, decodeURIComponent)],
  [
    'was rewritten as base64url',
    (received) =>
      /[-_]/.test(received) ? `${received.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '')}=` : '',
  ],
  ['lost the "=" at its end', (received) => (/[+/]/.test(received) ? `${received}=` : '')],
  ['lost the "=" at its end, as base64url does', (received) => `${received}=`],
  ['has quotation marks around it', unquoted],
  [
    'is written in hexadecimal',
    (received) => (/^[\da-f]{64}$/i.test(received) ? Buffer.from(received, 'hex').toString('base64') : ''),
  ],
]

/** Other forms of a time, before it was rewritten in transit. */
function timeForms(text: string): string[] {
  const time = parseTimestamp(text.trim()) ?? NaN
  if (!(Math.abs(time) <= 8.64e15)) return []
  const iso = new Date(time).toISOString()
  const bare = iso.slice(0, -1)
  const seconds = bare.slice(0, -4)
  const forms = [text.trim(), iso, bare, `${bare}+00:00`, `${seconds}Z`, seconds, `${bare}000`, `${bare}000Z`]
  return [...forms, String(time)].filter((form) => form !== text)
}
