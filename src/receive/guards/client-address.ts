import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Address rules, compiled once. */
export interface AddressRules {
  allows(clientIp: string): boolean
  /** True for the list that is used when `allowedIps` is not set. */
  readonly isDefault: boolean
}

/** Compiles rules; undefined for the first that is no address and no CIDR is returned as `bad`. */
export function compileAddressRules(rules: readonly string[], isDefault: boolean): AddressRules | { bad: string } {
  const exact = new Set<string>()
  const ranges: [Address, number][] = []
  for (const rule of rules) {
    const range = parseRule(rule)
    if (!range) return { bad: rule }
    const [address, bits] = range
    if (bits === address.toByteArray().length * 8) exact.add(address.toNormalizedString())
    else ranges.push(range)
  }
  const allows = (clientIp: string): boolean => {
    if (exact.has(clientIp)) return true
    const address = parseAddress(clientIp)
    if (!address) return false
    return exact.has(address.toNormalizedString()) || ranges.some(([network, bits]) => inRange(address, network, bits))
  }
  return { allows, isDefault }
}

const inRange = (address: Address, network: Address, bits: number): boolean =>
  address.kind() === network.kind() && address.match(network, bits)

function parseRule(rule: string): [Address, number] | undefined {
  const [text = '', prefix, ...rest] = rule.split('/')
  const written = parseStrict(text)
  if (!written || rest.length > 0) return undefined
  const address = unmapped(written)
  const width = address.toByteArray().length * 8
  if (prefix === undefined) return [address, width]
  if (!/^\d{1,3}$/.test(prefix)) return undefined
  // A prefix of an IPv4-mapped rule counts from the front of the IPv6 form.
  const bits = Number(prefix) - (written.toByteArray().length * 8 - width)
  return bits >= 0 && bits <= width ? [address, bits] : undefined
}

/** An address as senders and proxies write it: IPv4-mapped IPv6 is IPv4, and some gateways append a port. */
export function parseAddress(text: string): Address | undefined {
  const bare = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? text
  const address = parseStrict(bare)
  return address && unmapped(address)
}

// ipaddr.js also reads octal, hexadecimal and short IPv4 forms; here they are mistakes. And it takes `::a.b.c.d`,
// which nobody sends, for the IPv4-mapped address `::ffff:a.b.c.d`.
function parseStrict(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  return text.includes(':') && !/^::\d+\./.test(text) && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
}

const unmapped = (address: Address): Address =>
  address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address
