import { refuse, type Refusal } from '../../report/refusal.ts'
import type { DeliveryHeaders } from '../delivery.ts'
import { refuseAddress } from '../diagnose/address.ts'
import { addressHint } from '../client-ip.ts'
import { parseAddress, type AddressRules } from './client-address.ts'

/** The sender's address has to be on the list. `given`: before it was read. `rules` undefined: the check is off. `headers` explain a refusal, and decide nothing. */
export function checkClientAddress(clientIp: string | undefined, given: unknown, rules: AddressRules | undefined, headers: DeliveryHeaders): Refusal | undefined {
  if (!rules) return undefined
  if (clientIp === undefined) return refuse('ip_not_allowed', addressHint(given), { cause: 'address_unknown' })
  if (rules.allows(clientIp)) return undefined
  return parseAddress(clientIp) ? refuseAddress(clientIp, rules, headers) : refuse('ip_not_allowed', addressHint(given))
}
