import type ipaddr from 'ipaddr.js'
import type { NodeRequest } from '../types/request.ts'
import { parseAddress } from '../receive/guards/client-address.ts'
import type { Log } from '../report/log.ts'

/**
 * Says once what to set where Express's `trust proxy` makes `req.ip` wrong or forgeable. It never reads X-Forwarded-For:
 * that it is there is enough, and where it is not only the first delivery is worth a look at the settings.
 */
export function proxyCheck(log: Log): (req: NodeRequest) => void {
  let isFirst = true
  return (req) => {
    const isForwarded = req.headers['x-forwarded-for'] !== undefined
    if (!isFirst && !isForwarded) return
    isFirst = false
    const { app } = req as { app?: { get?: (name: string) => unknown } }
    if (typeof app?.get !== 'function') return
    const trust = app.get('trust proxy')
    if (trust === true) {
      log.setUp('trust_proxy_true', "Express's 'trust proxy' is true, so any sender can choose its own address. Set it to the number of your proxies, such as app.set('trust proxy', 1), or to their addresses.")
    } else if (!trust && isForwarded && isPrivate(req.socket.remoteAddress)) {
      log.setUp('trust_proxy_off', "Deliveries come through a proxy, but Express's 'trust proxy' is off, so req.ip is the proxy's address. Set app.set('trust proxy', 1), or the number or the addresses of your proxies.")
    }
  }
}

const privateRanges: ReadonlySet<string> = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'carrierGradeNat'])

function isPrivate(remoteAddress: string | undefined): boolean {
  const address: ipaddr.IPv4 | ipaddr.IPv6 | undefined = parseAddress(remoteAddress ?? '')
  return address !== undefined && privateRanges.has(address.range())
}
