import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { newerListOf } from '../../addresses.ts'
import { isRecord } from '../../lib/json.ts'
import { hearFailure } from '../../lib/promises.ts'
import { type Refusal, refuseThrown, refusing, type Thrown } from '../../report/refusal.ts'
import type { DeliveryHeaders } from '../delivery.ts'
import { headerReader } from '../headers.ts'

/** The given address of the sender, and its string form if it is valid. */
export interface Sender {
  readonly given: unknown
  readonly clientIp: string | undefined
  /** The error of the function that should return it. */
  readonly thrown: Thrown | undefined
}

export function readSender(clientIp: unknown): Sender {
  try {
    const given: unknown = typeof clientIp === 'function' ? (clientIp as () => unknown)() : clientIp
    return { given, clientIp: addressString(given), thrown: undefined }
  } catch (error) {
    return { given: undefined, clientIp: undefined, thrown: { where: 'clientIp', error } }
  }
}

/**
 * The sender's address has to be on the list. `rules` undefined: the check is off. `headers` explain a refusal, and
 * decide nothing.
 */
export function checkClientAddress(
  { clientIp, given, thrown }: Sender,
  rules: AddressRules | undefined,
  headers: DeliveryHeaders,
): Refusal | undefined {
  if (!rules) return undefined
  if (thrown) return refuseThrown('ip_not_allowed', 'client_ip_failed', thrown, 'The option clientIp failed')
  if (clientIp === undefined) return notAllowed('address_unknown', addressHint(given))
  return rules.allows(clientIp) ? undefined : refuseAddress(clientIp, rules, headers)
}

const notAllowed = refusing('ip_not_allowed')

/** Characters; longer than any address with its zone and port. */
const maxLength = 100

/** The sender's address from the host's or user's value, without surrounding spaces and quotes. */
export function addressString(given: unknown): string | undefined {
  if (typeof given !== 'string') {
    // Otherwise its rejection would be unhandled, and end the process.
    hearFailure(given)
    return undefined
  }
  const text = unquoted(given.trim())
  // Other strings may hold anything, and would stand in reports, logs and captures. Most are IPv4, which Node tells at
  // a tenth of the cost of a parse.
  return text.length <= maxLength && (isIPv4(text) || parseAddress(text)) ? text : undefined
}

const quoted = /^(["']).*\1$/s
const unquoted = (text: string): string => (quoted.test(text) ? text.slice(1, -1).trim() : text)

/** Explains why an address cannot be read. */
function addressHint(given: unknown): string {
  if (given === undefined || given === null)
    return 'No client address was given: pass clientIp, or set allowedIps to false where another layer checks it.'
  if (isRecord(given) && 'then' in given) return 'clientIp returned a promise: it must return the address itself.'
  return 'clientIp returned something that is not an address: it must be one address as a string, such as 203.0.113.7.'
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Address rules, compiled once. */
export interface AddressRules {
  allows(clientIp: string): boolean
}

/** Compiles rules; returns the first that is neither an address nor a CIDR as `bad`. */
export function compileAddressRules(rules: readonly string[]): AddressRules | { bad: string } {
  const exact = new Set<string>()
  const ranges: [Address, number][] = []
  for (const rule of rules) {
    const range = parseRule(rule)
    if (!range) return { bad: rule }
    const [address, bits] = range
    if (bits === widthOf(address)) exact.add(address.toNormalizedString())
    else ranges.push(range)
  }
  return {
    allows(clientIp) {
      if (exact.has(clientIp)) return true
      const address = parseAddress(clientIp)
      if (!address) return false
      const isInRange = ([network, bits]: [Address, number]) =>
        address.kind() === network.kind() && address.match(network, bits)
      return exact.has(address.toNormalizedString()) || ranges.some(isInRange)
    },
  }
}

/** Bits. */
const widthOf = (address: Address): number => (address.kind() === 'ipv4' ? 32 : 128)

function parseRule(rule: string): [Address, number] | undefined {
  const [text = '', prefix, ...rest] = rule.split('/')
  const written = parseStrict(text)
  if (!written || rest.length > 0) return undefined
  const address = unmapped(written)
  const width = widthOf(address)
  if (prefix === undefined) return [address, width]
  if (!/^\d{1,3}$/.test(prefix)) return undefined
  // The prefix of an IPv4-mapped rule counts from the start of the IPv6 form.
  const bits = Number(prefix) - (widthOf(written) - width)
  return bits >= 0 && bits <= width ? [address, bits] : undefined
}

/** Parses an address as senders and proxies write it: IPv4-mapped IPv6 is IPv4, and some gateways append a port. */
export function parseAddress(text: string): Address | undefined {
  const bare = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? text
  const address = parseStrict(bare)
  return address && unmapped(address)
}

// ipaddr.js also parses octal, hexadecimal and short IPv4 forms; here they are mistakes. And it reads `::a.b.c.d`,
// which is never sent, as the IPv4-mapped address `::ffff:a.b.c.d`.
function parseStrict(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  return text.includes(':') && !/^::\d+\./.test(text) && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
}

const unmapped = (address: Address): Address =>
  address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address

/** Headers in which proxies name the client. Used for the hint only: anyone can send them. */
const forwardedHeaders = ['x-forwarded-for', 'cf-connecting-ip', 'true-client-ip', 'x-real-ip', 'forwarded'] as const
const privateRanges = /^(?:private|loopback|linkLocal|uniqueLocal|carrierGradeNat)$/

export const isPrivateAddress = (text = ''): boolean => privateRanges.test(parseAddress(text)?.range() ?? '')

/** Explains why an address that is on no list may be there. */
function refuseAddress(clientIp: string, rules: AddressRules, headers: DeliveryHeaders): Refusal {
  const shown = parseAddress(clientIp)?.toString() ?? 'The address'
  const list = newerList(clientIp)
  if (list)
    return notAllowed(
      'newer_address',
      `${shown} is on Smile ID's newer ${list} list: add ...smileIdAddresses.${list} to allowedIps${orDefault[list]}.`,
    )
  const header = forwardedFrom(headers, rules)
  if (!isPrivateAddress(clientIp))
    return header === undefined
      ? notAllowed('stranger')
      : notAllowed(
          'two_proxies',
          `${shown} may be a proxy: ${header} holds an allowed address further away. Set 'trust proxy' to the exact number of your proxies. Anyone can send that header, so it may be a forgery.`,
        )
  if (header !== undefined)
    return notAllowed(
      'untrusted_forwarded',
      `${shown} is a proxy of yours, and ${header}, which is not trusted, holds an allowed address: set app.set('trust proxy', 1), or the number of your proxies.`,
    )
  const read = headerReader(headers)
  if (forwardedHeaders.some((name) => read(name) !== undefined))
    return notAllowed(
      'proxy',
      `${shown} is an address of your own network: a proxy, or a tunnel, stands before the app. Set app.set('trust proxy', 1), or the number of your proxies. If it is set, the address was lost before that proxy: see explain address_lost.`,
    )
  if (parseAddress(clientIp)?.range() === 'loopback')
    return notAllowed(
      'this_machine',
      `${shown} is this machine: you posted from it. In development set allowedIps: ['127.0.0.1', '::1']. A proxy on this machine would have to add X-Forwarded-For.`,
    )
  return notAllowed(
    'address_lost',
    `${shown} is an address of your own network, and no header names another: the sender's address was lost below HTTP, where 'trust proxy' cannot find it. Kubernetes: externalTrafficPolicy: Local; Docker Swarm: publish the port in host mode; or let a proxy add the address, and read it with the option clientIp.`,
  )
}

const newerList = (clientIp: string) => newerListOf(parseAddress(clientIp)?.toNormalizedString())
const orDefault = {
  production: ', or leave allowedIps out',
  sandbox: ", or leave it out and give a credential environment: 'sandbox'",
}

/** The first of these headers that holds an allowed address, newer lists included. */
function forwardedFrom(headers: DeliveryHeaders, rules: AddressRules): string | undefined {
  const read = headerReader(headers)
  return forwardedHeaders.find((name) =>
    (read(name) ?? '')
      .slice(-512)
      .split(/[,;]/)
      .slice(-10)
      .map((part) =>
        part
          .trim()
          .replace(/^for=/i, '')
          .replace(/^"(.*)"$/, '$1'),
      )
      .some((one) => rules.allows(one) || newerList(one) !== undefined),
  )
}
