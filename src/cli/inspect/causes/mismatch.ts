import { createHmac } from 'node:crypto'
import type { Credential } from '../../../options/types.ts'
import { bodyClaim } from '../../../receive/guards/signature.ts'
import { isRefusal } from '../../../report/refusal.ts'
import { sign, signingKey } from '../../../signature/sign.ts'
import { shownPartner } from '../../shared/credentials.ts'
import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'
import { ofOtherCompany } from './getsmileapi.ts'

type Search = (facts: Facts, signature: string, possibleSignedTexts: readonly string[]) => Mistake | undefined

/** The signature is there, and no credential makes it: tries the mistakes that people make until one explains it. */
export function causeOfMismatch(facts: Facts): Mistake {
  const { claim } = facts
  if (!claim) return wrongKey(facts)
  for (const search of searches) {
    const found = search(facts, claim.signature, claim.possibleSignedTexts)
    if (found) return found
  }
  return wrongKey(facts)
}

const partnerIdZeros: Search = (facts, signature, possibleSignedTexts) => {
  for (const { partnerId, apiKey } of facts.credentials) {
    const bare = partnerId.trim().replace(/^0+/, '')
    const forms = [partnerId.trim(), bare, ...[2, 3, 4, 5].map((width) => bare.padStart(width, '0'))].filter((form) => form !== partnerId)
    const form = forms.find((one) => matches(signature, possibleSignedTexts, one, apiKey))
    if (form !== undefined) {
      return mistake('partner_id_zeros', `The key is right, but Smile ID signed for partner "${form}" and you gave "${partnerId}". The partner id is a text: its leading zeros count.`, `Set the partner id to "${form}", in quotation marks, so that nothing turns it into a number.`)
    }
  }
  return undefined
}

const keyTypedWrong: Search = (facts, signature, possibleSignedTexts) => {
  const found = facts.credentials.some(({ partnerId, apiKey }) => {
    const bare = apiKey.trim().replace(/^(["'])(.*)\1$/, '$2').trim()
    return [bare, apiKey.trim(), `${bare}\n`].some((form) => form !== apiKey && form !== '' && matches(signature, possibleSignedTexts, partnerId, form))
  })
  return found ? mistake('api_key_whitespace', 'The API key you gave has a space, a line break or quotation marks around it that do not belong to it.', 'Set the key without them: check how the environment variable or the secret was written.') : undefined
}

const swapped: Search = ({ credentials }, signature, possibleSignedTexts) =>
  credentials.some(({ partnerId, apiKey }) => matches(signature, possibleSignedTexts, apiKey, partnerId))
    ? mistake('credentials_swapped', 'Partner id and API key are swapped.', 'Exchange the two.')
    : undefined

const alteredOnTheWay: Search = (facts, signature, possibleSignedTexts) => {
  const forms: [string, string][] = [
    [signature.trim(), 'has spaces around it'],
    [signature.replaceAll(' ', '+'), 'had its "+" turned into spaces, as form decoding does'],
    [decoded(signature), 'is URL-encoded'],
    [signature.replaceAll('-', '+').replaceAll('_', '/'), 'was rewritten in the URL-safe alphabet'],
    [`${signature}=`, 'lost the "=" at its end'],
    [signature.replace(/^(["'])(.*)\1$/, '$2'), 'has quotation marks around it'],
    [Buffer.from(signature, 'hex').toString('base64'), 'is written in hexadecimal; Smile ID writes base64'],
  ]
  const found = forms.find(([form]) => form !== signature && facts.credentials.some(({ partnerId, apiKey }) => matches(form, possibleSignedTexts, partnerId, apiKey)))
  return found && mistake('signature_altered', `The signature is one of Smile ID's for you, but it ${found[1]}.`, 'Look at what stands between Smile ID and the router (a gateway, a queue, a capture tool) and pass the signature on as it came.')
}

const reformattedTimestamp: Search = (facts, signature, possibleSignedTexts) => {
  const forms = new Set(possibleSignedTexts.flatMap(timestampForms))
  const form = [...forms].find((one) => facts.credentials.some(({ partnerId, apiKey }) => matches(signature, [one], partnerId, apiKey)))
  return form === undefined
    ? undefined
    : mistake('timestamp_reformatted', `The timestamp was rewritten on the way: Smile ID signed "${form}", and "${possibleSignedTexts[0] ?? ''}" arrived. The signature covers the text, not the time.`, 'Pass the timestamp on as a text, exactly as received: no Date, no number, no other precision.')
}

const otherPlace: Search = (facts, signature) => {
  if (facts.claim?.generation !== 'v3') return undefined
  const inBody = bodyClaim(facts.value)
  if (isRefusal(inBody)) return undefined
  const { credentials } = facts
  if (credentials.some(({ partnerId, apiKey }) => matches(inBody.signature, inBody.possibleSignedTexts, partnerId, apiKey))) {
    return mistake('headers_against_body', 'The body carries a signature that is right, but the headers Response-Signature and Response-Timestamp carry another one. Headers count first.', 'Find out who adds the headers (a gateway, a test) and let them be as Smile ID sent them.')
  }
  return credentials.some(({ partnerId, apiKey }) => matches(signature, inBody.possibleSignedTexts, partnerId, apiKey))
    ? mistake('timestamp_of_other_place', 'The signature in the headers belongs to the timestamp in the body.', 'Use Response-Signature with Response-Timestamp, or the two fields of the body; never one of each.')
    : undefined
}

const otherRecipe: Search = (facts, signature, possibleSignedTexts) => {
  const recipes: ((time: string, partner: string) => string)[] = [
    (time, partner) => time + partner,
    (time, partner) => `${partner}:${time}`,
    (time, partner) => `${time}:${partner}`,
    (time, partner) => `${partner}${time}sid_request`,
    (time) => `${time}sid_request`,
  ]
  return explainedBy(facts, signature, possibleSignedTexts, recipes)
    ? mistake('other_recipe', 'The signature was made with your key, but over other parts. Smile ID signs timestamp + partner id + "sid_request", in this order and with nothing between.', 'Whoever made this delivery is not Smile ID: sign tests with signDelivery of express-smile-id/testing.')
    : undefined
}

const hashedBody: Search = (facts, signature, possibleSignedTexts) => {
  const bodies = [facts.text, JSON.stringify(facts.value ?? null), facts.text.trim()]
  const recipes = bodies.flatMap((body) => [() => body, (time: string) => `${time}.${body}`, (time: string) => time + body])
  return explainedBy(facts, signature.replace(/^sha256=/, ''), possibleSignedTexts, recipes)
    ? mistake('hashed_body', 'This signature was made over the body, as many other services do. Smile ID does not sign the body: it signs timestamp + partner id + "sid_request".', 'Whoever made this delivery is not Smile ID: sign tests with signDelivery of express-smile-id/testing.')
    : undefined
}

const retired: Search = (_facts, signature) =>
  signature.includes('|')
    ? mistake('sec_key', 'This is a sec_key, the way of signing that Smile ID retired in 2022: two parts with "|" between.', 'Ask Smile ID to sign your callbacks with the API key ("signature"), and renew the key in the portal.')
    : undefined

const searches: readonly Search[] = [partnerIdZeros, keyTypedWrong, swapped, alteredOnTheWay, reformattedTimestamp, otherPlace, otherRecipe, hashedBody, retired, ofOtherCompany]

function wrongKey({ claim, credentials }: Facts): Mistake {
  const partners = credentials.map(({ partnerId }) => shownPartner(partnerId)).join(', ')
  if (claim && !/^[A-Za-z0-9+/]{43}=$/.test(claim.signature)) {
    return mistake('not_a_smile_id_signature', 'This signature has not the form of one of Smile ID (44 characters of base64), so nobody at Smile ID made it like this.', 'Check who sent this, and whether something cut it short or rewrote it.')
  }
  return mistake(
    'wrong_key',
    `The signature has the right form, but another API key or partner made it (tried: ${partners}). Sandbox and production have different keys, and a key that was renewed in the portal signs no more.`,
    'Compare the key with the one in the portal for the environment this job was submitted to. While keys change, give both as a list of credentials. If both are right, this is a forgery.',
  )
}

const matches = (signature: string, possibleSignedTexts: readonly string[], partnerId: string, apiKey: string): boolean =>
  partnerId !== '' && apiKey !== '' && possibleSignedTexts.some((text) => sign(text, signingKey(partnerId, apiKey)) === signature)

function explainedBy({ credentials }: { credentials: readonly Credential[] }, signature: string, possibleSignedTexts: readonly string[], recipes: readonly ((time: string, partner: string) => string)[]): boolean {
  const wanted = signature.toLowerCase()
  return credentials.some(({ partnerId, apiKey }) =>
    possibleSignedTexts.some((time) =>
      recipes.some((recipe) => {
        const hash = createHmac('sha256', apiKey).update(recipe(time, partnerId)).digest()
        return hash.toString('base64') === signature || hash.toString('hex') === wanted
      }),
    ),
  )
}

/** How else a time may have been written before somebody rewrote it. */
function timestampForms(text: string): string[] {
  const bare = text.trim()
  const time = /^\d+$/.test(bare) ? Number(bare) : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(bare) ? bare : `${bare}Z`)
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) return bare === text ? [] : [bare]
  const iso = new Date(time).toISOString()
  const forms = [bare, iso, iso.replace('Z', ''), iso.replace('Z', '+00:00'), iso.replace(/\.\d+Z$/, 'Z'), iso.replace(/\.\d+Z$/, ''), iso.replace('Z', '000'), iso.replace('Z', '000Z'), String(time), String(Math.floor(time / 1000))]
  return forms.filter((form) => form !== text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
