import type { IncomingMessage } from 'node:http'
import type ipaddr from 'ipaddr.js'
import { look } from '../lib/json.ts'
import { parseAddress } from '../receive/guards/address.ts'
import type { Log } from '../report/log.ts'
import type { NodeRequest } from '../types/request.ts'
import { type NodeDoor, nodeHandler, type NodeHandler } from './node.ts'
import { propertyOf } from './request.ts'
import type { Next } from './send.ts'

/** How the Express door is made. */
export interface ExpressDoor extends NodeDoor {
  /** Whether `req.ip` decides anything, so that a wrong `trust proxy` is worth a warning. */
  usesReqIp: boolean
  log: Log
}

/**
 * The Express door. It answers at its mount path alone, or wherever a route leads to it, and leaves all else to `next`.
 * A plain function, which needs nothing of Express but what it finds: a layer of its own would parse the URL again
 * and walk a stack of one for every delivery.
 */
export function expressRouter({ usesReqIp, log, ...door }: ExpressDoor): NodeHandler {
  const handleDelivery = nodeHandler(door)
  const checkProxySetUp = usesReqIp ? proxyCheck(log) : undefined
  const router: NodeHandler = (req, res, next) => {
    if (next && !isMountPath(look(req, 'url')) && !isRouted(req, next, router)) {
      next()
      return
    }
    checkProxySetUp?.(req)
    handleDelivery(req, res, next)
  }
  // By this, connect and others tell an app or a router from a function.
  return Object.assign(router, { handle: router })
}

/** Express and connect take the mount path off. */
const isMountPath = (url = '/'): boolean => /^(?:https?:\/\/[^/?#]*)?\/?(?:[?#]|$)/i.test(url)

/**
 * Whether the route that Express matched leads here. `req.route` alone does not tell: it is left on the request when a
 * route
 * hands on, and then its `next` is that of the router again, which Express keeps as `req.next`.
 */
function isRouted(req: IncomingMessage, next: Next, handler: NodeHandler): boolean {
  try {
    const route = propertyOf(req, 'route')
    return route !== undefined && (propertyOf(req, 'next') !== next || leadsTo(route, handler, mostNested))
  } catch {
    // No route of Express's throws when it is looked at.
    return false
  }
}

const mostNested = 8

/** Whether a route, or a router below it, has the handler on its stack. */
function leadsTo(given: unknown, handler: NodeHandler, levels: number): boolean {
  const { stack } = (given ?? {}) as { stack?: unknown }
  if (!Array.isArray(stack) || levels === 0) return false
  return (stack as ({ handle?: unknown; route?: unknown } | null)[]).some(
    (layer) =>
      layer?.handle === handler
      || leadsTo(layer?.route, handler, levels - 1)
      || leadsTo(layer?.handle, handler, levels - 1),
  )
}

/**
 * Says once what to set where Express's `trust proxy` makes `req.ip` wrong or forgeable. No address in
 * X-Forwarded-For is read: how many there are is enough, and where there is none only the first delivery is worth a
 * look at the settings.
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
      log.setUp(
        'trust_proxy_true',
        "Express's 'trust proxy' is true, or a function that always says so, and any sender can choose its own address. Set it to the number of your proxies, such as app.set('trust proxy', 1), or to their addresses. Where your host sets it, as Google's functions framework does, give the option clientIp.",
      )
    } else if (typeof trust === 'number' && isForwarded && trust > String(forwarded).split(',').length) {
      log.setUp(
        'trust_proxy_too_large',
        `Express's 'trust proxy' is ${trust}, but a delivery came through fewer proxies, so a sender can choose its own address. Set it to the number of your proxies.`,
      )
    } else if (!trust && isForwarded && isPrivate(req.socket.remoteAddress)) {
      log.setUp(
        'trust_proxy_off',
        "Deliveries come through a proxy, but Express's 'trust proxy' is off, so req.ip is the proxy's address. Set app.set('trust proxy', 1), or the number or the addresses of your proxies.",
      )
    }
  }
}

/**
 * Whether a function of the app's own trusts whoever is asked about: addresses of nobody, farther away than any proxy.
 */
function trustsAnybody(trust: unknown): boolean {
  if (typeof trust !== 'function') return false
  try {
    return ['192.0.2.1', '2001:db8::1'].every((address) =>
      Boolean((trust as (address: string, hop: number) => unknown)(address, 32)),
    )
  } catch {
    return false
  }
}

const privateRanges: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
])

function isPrivate(remoteAddress: string | undefined): boolean {
  const address: ipaddr.IPv4 | ipaddr.IPv6 | undefined = parseAddress(remoteAddress ?? '')
  return address !== undefined && privateRanges.has(address.range())
}
