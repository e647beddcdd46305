import type ipaddr from 'ipaddr.js'
import { look } from '../lib/look.ts'
import type { NodeRequest } from '../types/request.ts'
import { parseAddress } from '../receive/guards/client-address.ts'
import type { Log } from '../report/log.ts'

/**
 * Says once what to set where Express's `trust proxy` makes `req.ip` wrong or forgeable. No address in
 * X-Forwarded-For is read: how many there are is enough, and where there is none only the first delivery is worth a look at the settings.
 */
export function proxyCheck(log: Log): (req: NodeRequest) => void {
  let isFirst = true
  return (req) => {
    try {
      check(req)
    } catch {
      // A look at the set-up refuses no delivery.
    }
  }

  function check(req: NodeRequest): void {
    const forwarded = look(req, 'headers')['x-forwarded-for']
    const isForwarded = forwarded !== undefined
    if (!isFirst && !isForwarded) return
    isFirst = false
    const { app } = req as { app?: { get?: (name: string) => unknown } }
    if (typeof app?.get !== 'function') return
    const trust = app.get('trust proxy')
    if (trust === true || trustsAnybody(trust)) {
      log.setUp('trust_proxy_true', "Express's 'trust proxy' is true, or a function that always says so, and any sender can choose its own address. Set it to the number of your proxies, such as app.set('trust proxy', 1), or to their addresses. Where your host sets it, as Google's functions framework does, give the option clientIp.")
    } else if (typeof trust === 'number' && isForwarded && trust > String(forwarded).split(',').length) {
      log.setUp('trust_proxy_too_large', `Express's 'trust proxy' is ${trust}, but a delivery came through fewer proxies, so a sender can choose its own address. Set it to the number of your proxies.`)
    } else if (!trust && isForwarded && isPrivate(req.socket.remoteAddress)) {
      log.setUp('trust_proxy_off', "Deliveries come through a proxy, but Express's 'trust proxy' is off, so req.ip is the proxy's address. Set app.set('trust proxy', 1), or the number or the addresses of your proxies.")
    }
  }
}

/** Whether a function of the app's own trusts whoever is asked about: addresses of nobody, farther away than any proxy. */
function trustsAnybody(trust: unknown): boolean {
  if (typeof trust !== 'function') return false
  try {
    return ['192.0.2.1', '2001:db8::1'].every((address) => Boolean((trust as (address: string, hop: number) => unknown)(address, 32)))
  } catch {
    return false
  }
}

const privateRanges: ReadonlySet<string> = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'])

function isPrivate(remoteAddress: string | undefined): boolean {
  const address: ipaddr.IPv4 | ipaddr.IPv6 | undefined = parseAddress(remoteAddress ?? '')
  return address !== undefined && privateRanges.has(address.range())
}
