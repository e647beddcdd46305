import { after } from '../../lib/promises.ts'
import { shownPartner } from '../../lib/words.ts'
import { isRefusal, type Refusal, type RefusalFacts, refuse } from '../../report/refusal.ts'
import { apiKeyOf, parseTimestamp, sign, signingKey, type SigningKey } from '../../signature/sign.ts'
import type { Config } from '../config.ts'
import type { IncomingDelivery } from '../delivery.ts'
import { budget } from '../../lib/budget.ts'
import { checkAge } from './age.ts'
import { type Candidate, type Claim, matchCredential, type Proof } from './signature.ts'

/** Sender and time of a delivery. */
export interface Proven extends Proof {
  /** Epoch ms. */
  signedAt: number
}

/** Creates the refusal of a signature that no candidate matches. */
export type Mismatch = (claim: Claim, candidates: readonly Candidate[]) => Refusal

/** Checks a claim against the credentials and the clock. */
export function prove(
  claim: Claim,
  incoming: IncomingDelivery,
  config: Config,
  mismatch: Mismatch,
): Proven | Refusal | Promise<Proven | Refusal> {
  return after(config.candidates(claim.generation, incoming), (candidates) => {
    if (isRefusal(candidates)) return candidates
    const proof = matchCredential(claim, candidates)
    if (!proof) return mismatch(claim, candidates)
    const signedAt = checkAge(proof.timestamp, config.now(), config.age)
    if (isRefusal(signedAt)) return signedAt
    const { generation, credential, key, timestamp, signature } = proof
    // Not by a spread: V8 creates a hidden class for each object that is extended after one.
    return { generation, credential, key, timestamp, signature, signedAt }
  })
}

/** Limit on credentials that are tried; more would make a forgery costly. */
const most = 10

/**
 * Explains a signature that no credential matches, by trying common mistakes. Anyone can cause this work, so it is done
 * for a few deliveries per second.
 */
export function mismatches(): (claim: Claim, candidates: readonly Candidate[]) => Refusal {
  const mayTry = budget(20)
  return (claim, candidates) => {
    const tried = candidates.slice(0, most)
    const details = { partners: tried.map(({ partnerId }) => shownPartner(partnerId)) }
    if (candidates.length === 0)
      return refuse('signature_mismatch', 'No credential was given for this delivery.', {
        cause: 'no_credentials',
        details,
      })
    const where = claim.generation === 'v3' ? 'the headers' : 'the body'
    const found = mayTry() ? likelyMistake(claim, tried) : undefined
    const hint =
      found?.hint
      ?? `Another key or partner made the signature in ${where}, or it is a forgery: the keys of sandbox and production differ.`
    const facts: RefusalFacts = { cause: found?.cause ?? 'wrong_key', details }
    return refuse('signature_mismatch', hint, facts)
  }
}

interface Mistake {
  cause: NonNullable<RefusalFacts['cause']>
  hint: string
}

function likelyMistake(
  { signature, possibleSignedStrings: possibleSignedTexts }: Claim,
  candidates: readonly Candidate[],
): Mistake | undefined {
  for (const candidate of candidates) {
    const found = mistakeOf(signature, possibleSignedTexts, candidate)
    if (found) return found
  }
  if (!/^[A-Za-z0-9+/]{43}=$/.test(signature))
    return {
      cause: 'not_a_smile_id_signature',
      hint: 'The signature is not 44 characters of base64, as those of Smile ID are.',
    }
  return undefined
}

function mistakeOf(signature: string, texts: readonly string[], candidate: SigningKey): Mistake | undefined {
  const { partnerId } = candidate
  const apiKey = apiKeyOf(candidate)
  const made = (id: string, key: string, text: string) =>
    id !== '' && key !== '' && sign(text, signingKey(id, key)) === signature
  const makes = (id: string, key: string) => texts.some((text) => made(id, key, text))
  const id = zeroForms(partnerId).find((form) => makes(form, apiKey))
  if (id !== undefined)
    return {
      cause: 'partner_id_zeros',
      hint: `The key is right, but Smile ID signed for partner ${id} and partnerId is ${shownPartner(partnerId)}: leading zeros count.`,
    }
  if (keyForms(apiKey).some((form) => makes(partnerId, form)))
    return { cause: 'api_key_whitespace', hint: 'The API key has extra white space or quotation marks around it.' }
  if (makes(apiKey, partnerId)) return { cause: 'credentials_swapped', hint: 'partnerId and apiKey are swapped.' }
  const expected = texts.map((text) => sign(text, candidate))
  const how = expected.map((one) => alteration(one, signature)).find((one) => one !== undefined)
  if (how !== undefined)
    return {
      cause: 'signature_altered',
      hint: `The signature was made with your key, but it ${how}: it was changed in transit.`,
    }
  if (texts.flatMap(timeForms).some((text) => made(partnerId, apiKey, text)))
    return {
      cause: 'timestamp_reformatted',
      hint: 'The timestamp was rewritten in transit. The signature covers it exactly as sent.',
    }
  if (texts.some((text) => sign(text, candidate, 'sid_response') === signature))
    return {
      cause: 'sid_response',
      hint: 'The signature was made over "sid_response"; callbacks are signed with "sid_request".',
    }
  return undefined
}

export function zeroForms(partnerId: string): string[] {
  const bare = partnerId.trim().replace(/^0+/, '')
  return [...new Set([partnerId.trim(), bare, ...[2, 3, 4, 5].map((width) => bare.padStart(width, '0'))])].filter(
    (form) => form !== partnerId && form !== '',
  )
}

export function keyForms(apiKey: string): string[] {
  const bare = apiKey
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim()
  return [...new Set([bare, apiKey.trim(), `${bare}\n`])].filter((form) => form !== apiKey && form !== '')
}

/** Undoes HTML entities, as escaping validators write the marks of base64. */
const unescaped = (text: string): string =>
  text
    .replaceAll(/&#x2[fF];|&#47;/g, '/')
    .replaceAll(/&#x3[dD];|&#61;/g, '=')
    .replaceAll(/&#x2[bB];|&#43;/g, '+')

/** Names the change that turned a right signature into this one. */
export function alteration(right: string, received: string): string | undefined {
  if (received === right) return undefined
  if (received.trim() === right) return 'has spaces around it'
  if (unescaped(received) === right) return 'was escaped as HTML (&#x2F;), as validators do'
  if (received.replaceAll(' ', '+') === right) return 'had its "+" turned into spaces, as form decoding does'
  if (received.includes('%') && received.toLowerCase() === encodeURIComponent(right).toLowerCase())
    return 'is URL-encoded'
  if (
    /[-_]/.test(received)
    && received.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '') === right.slice(0, -1)
  )
    return 'was rewritten as base64url'
  if (`${received}=` === right)
    return /[+/]/.test(received) ? 'lost the "=" at its end' : 'lost the "=" at its end, as base64url does'
  if (received.replace(/^(["'])(.*)\1$/, '$2') === right) return 'has quotation marks around it'
  if (/^[\da-f]{64}$/i.test(received) && Buffer.from(received, 'hex').toString('base64') === right)
    return 'is written in hexadecimal'
  return undefined
}

/** Other forms of a time, before it was rewritten in transit. */
function timeForms(text: string): string[] {
  const time = parseTimestamp(text.trim()) ?? NaN
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) return []
  const iso = new Date(time).toISOString()
  return [
    text.trim(),
    iso,
    iso.slice(0, -1),
    iso.replace('Z', '+00:00'),
    iso.replace(/\.\d+Z$/, 'Z'),
    iso.replace(/\.\d+Z$/, ''),
    `${iso.slice(0, -1)}000`,
    `${iso.slice(0, -1)}000Z`,
    String(time),
  ].filter((form) => form !== text)
}
