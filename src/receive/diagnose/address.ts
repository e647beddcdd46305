import { smileIdAddresses } from '../../addresses.ts'
import type { RefusalFacts } from '../../report/causes.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'
import type { DeliveryHeaders } from '../delivery.ts'
import { compileAddressRules, parseAddress, type AddressRules } from '../guards/client-address.ts'
import { headerReader } from '../headers.ts'

/** Headers in which proxies say where a request came from. They are read for the hint alone: anybody can write them. */
const forwardedHeaders = ['x-forwarded-for', 'cf-connecting-ip', 'true-client-ip', 'x-real-ip', 'forwarded'] as const
const privateRanges: ReadonlySet<string> = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'])

/** Cloudflare's published ranges. */
const cloudflare = listOf(['173.245.48.0/20', '103.21.244.0/22', '103.22.200.0/22', '103.31.4.0/22', '141.101.64.0/18', '108.162.192.0/18', '190.93.240.0/20', '188.114.96.0/20', '197.234.240.0/22', '198.41.128.0/17', '162.158.0.0/15', '104.16.0.0/13', '104.24.0.0/14', '172.64.0.0/13', '131.0.72.0/22', '2400:cb00::/32', '2606:4700::/32', '2803:f800::/32', '2405:b500::/32', '2405:8100::/32', '2a06:98c0::/29', '2c0f:f248::/32'])

function listOf(ranges: readonly string[]): AddressRules {
  const rules = compileAddressRules(ranges, false)
  if ('bad' in rules) throw new TypeError(rules.bad)
  return rules
}

export const isPrivateAddress = (text: string): boolean => privateRanges.has(parseAddress(text)?.range() ?? '')
export const isOfCloudflare = (text: string): boolean => cloudflare.allows(text)

/** Says why an address that is on no list may be there. */
export function refuseAddress(clientIp: string, rules: AddressRules, headers: DeliveryHeaders): Refusal {
  const shown = parseAddress(clientIp)?.toString() ?? 'The address'
  const refused = (cause: NonNullable<RefusalFacts['cause']>, hint?: string) => refuse('ip_not_allowed', hint, { cause })
  const list = rules.isDefault ? newerList(clientIp) : undefined
  if (list) return refused('newer_address', `${shown} is on Smile ID's newer ${list} list: set allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.${list}].`)
  const header = forwardedFrom(headers, rules)
  if (isOfCloudflare(clientIp)) return refused('cloudflare', `${shown} is an address of Cloudflare, one proxy more than 'trust proxy' says: raise it by one, or use clientIp with CF-Connecting-IP.`)
  if (isPrivateAddress(clientIp)) {
    return header === undefined
      ? refused('proxy', `${shown} is an address of your own network: a proxy, or a tunnel, stands before the app. Set app.set('trust proxy', 1), or the number of your proxies.`)
      : refused('untrusted_forwarded', `${shown} is a proxy of yours, and ${header}, which nobody trusts, holds an allowed address: set app.set('trust proxy', 1), or the number of your proxies.`)
  }
  if (header !== undefined) return refused('two_proxies', `${shown} may be a proxy: ${header} holds an allowed address further away. Set 'trust proxy' to the exact number of your proxies. Anybody can write that header, so it may be a forgery.`)
  return refused('stranger')
}

function newerList(clientIp: string): 'production' | 'sandbox' | undefined {
  const plain = parseAddress(clientIp)?.toNormalizedString()
  return (['production', 'sandbox'] as const).find((name) => (smileIdAddresses[name] as readonly (string | undefined)[]).includes(plain))
}

/** The first of these headers that holds an allowed address, of the newer lists included. */
function forwardedFrom(headers: DeliveryHeaders, rules: AddressRules): string | undefined {
  const read = headerReader(headers)
  return forwardedHeaders.find((name) => {
    const addresses = (read(name) ?? '').slice(-512).split(/[,;]/).slice(-10).map((one) => one.trim().replace(/^for=/i, '').replace(/^"(.*)"$/, '$1'))
    return addresses.some((one) => rules.allows(one) || newerList(one) !== undefined)
  })
}
