import { createHmac } from 'node:crypto'
import type { Credential } from '../../../options/types.ts'
import { keyForms } from '../../../receive/diagnose/mismatch.ts'
import { bodyClaim } from '../../../receive/guards/signature.ts'
import { isRefusal } from '../../../report/refusal.ts'
import { sign, signingKey } from '../../../signature/sign.ts'
import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'
import { ofOtherCompany } from './getsmileapi.ts'

type Search = (facts: Facts, signature: string, possibleSignedTexts: readonly string[]) => Mistake | undefined

/** The signature is there, and no credential makes it: tries the mistakes that a receiver does not. */
export function causeOfMismatch(facts: Facts): Mistake | undefined {
  const { claim } = facts
  for (const search of claim ? searches : []) {
    const found = search(facts, claim?.signature ?? '', claim?.possibleSignedTexts ?? [])
    if (found) return found
  }
  return undefined
}

const keyTypedWrong: Search = ({ credentials }, signature, possibleSignedTexts) =>
  credentials.some(({ partnerId, apiKey }) => keyForms(apiKey).some((form) => matches(signature, possibleSignedTexts, partnerId, form))) ? mistake('api_key_whitespace') : undefined

const otherPlace: Search = (facts, signature) => {
  if (facts.claim?.generation !== 'v3') return undefined
  const inBody = bodyClaim(facts.value)
  if (isRefusal(inBody)) return undefined
  const { credentials } = facts
  const made = (one: string) => credentials.some(({ partnerId, apiKey }) => matches(one, inBody.possibleSignedTexts, partnerId, apiKey))
  if (made(inBody.signature)) return mistake('headers_against_body')
  return made(signature) ? mistake('timestamp_of_other_place') : undefined
}

const otherRecipe: Search = (facts, signature, possibleSignedTexts) => {
  const recipes: ((time: string, partner: string) => string)[] = [
    (time, partner) => time + partner,
    (time, partner) => `${partner}:${time}`,
    (time, partner) => `${time}:${partner}`,
    (time, partner) => `${partner}${time}sid_request`,
    (time) => `${time}sid_request`,
  ]
  return explainedBy(facts, signature, possibleSignedTexts, recipes) ? mistake('other_recipe') : undefined
}

const hashedBody: Search = (facts, signature, possibleSignedTexts) => {
  const bodies = [facts.text, JSON.stringify(facts.value ?? null), facts.text.trim()]
  const recipes = bodies.flatMap((body) => [() => body, (time: string) => `${time}.${body}`, (time: string) => time + body])
  return explainedBy(facts, signature.replace(/^sha256=/, ''), possibleSignedTexts, recipes) ? mistake('hashed_body') : undefined
}

const retired: Search = (_facts, signature) => (signature.includes('|') ? mistake('sec_key') : undefined)

const searches: readonly Search[] = [keyTypedWrong, otherPlace, otherRecipe, hashedBody, retired, ofOtherCompany]

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
