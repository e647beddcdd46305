import { refuse, type Refusal } from '../../report/refusal.ts'
import type { DeliveryHeaders } from '../delivery.ts'
import { refuseAddress } from '../diagnose/address.ts'
import type { AddressRules } from './client-address.ts'

/** The sender's address has to be on the list. `rules` undefined: the check is off. `headers` explain a refusal, and decide nothing. */
export function checkClientAddress(clientIp: string | undefined, rules: AddressRules | undefined, headers: DeliveryHeaders): Refusal | undefined {
  if (!rules) return undefined
  if (clientIp === undefined) return refuse('ip_not_allowed', 'No client address was given: pass clientIp, or set allowedIps to false where another layer checks it.', { cause: 'address_unknown' })
  return rules.allows(clientIp) ? undefined : refuseAddress(clientIp, rules, headers)
}
