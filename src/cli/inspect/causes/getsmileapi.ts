import { createHmac } from 'node:crypto'
import type { Facts } from '../facts.ts'
import { isObject } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'

/** Where their deliveries come from. */
const theirAddress = '18.142.61.230'

/** Smile API (getsmileapi.com) shares a name with Smile ID, and its webhooks end up at the wrong receivers. */
export function ofOtherCompany(facts: Facts): Mistake | undefined {
  const { body, capture, claim, credentials, text } = facts
  const looksLikeTheirs = typeof body['type'] === 'string' && /^[A-Z]+(_[A-Z]+)+$/.test(body['type']) && typeof body['createdAt'] === 'string' && isObject(body['data'])
  const signature = claim?.signature ?? facts.header('smile-signature') ?? facts.header('x-smile-signature') ?? ''
  // They sign the whole body with SHA-512.
  const hashed = credentials.some(({ apiKey }) => (['hex', 'base64'] as const).some((form) => createHmac('sha512', apiKey).update(text).digest(form) === signature))
  if (!looksLikeTheirs && !hashed && capture.clientIp !== theirAddress) return undefined
  return mistake('getsmileapi')
}
