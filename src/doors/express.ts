import type { IncomingMessage } from 'node:http'
import { isRecord, look } from '../lib/json.ts'
import { isPrivateAddress } from '../receive/guards/address.ts'
import type { Log } from '../report/log.ts'
import type { NodeRequest } from '../types/delivery.ts'
import { type NodeDoor, nodeHandler, type NodeHandler } from './node.ts'
import { propertyOf } from './request.ts'
import type { Next } from './send.ts'

/** Options of the Express door. */
interface ExpressDoor extends NodeDoor {
  /** True if `req.ip` decides anything, so that a wrong `trust proxy` is worth a warning. */
  usesReqIp: boolean
  log: Log
}

/**
 * The Express door. It answers at its mount path, and wherever a route leads to it; other requests go to `next`. A
 * plain function without an Express router of its own, which would parse the URL again and walk a stack of one for
 * every delivery.
 */
export function expressRouter({ usesReqIp, log, ...door }: ExpressDoor): NodeHandler {
  const handleDelivery = nodeHandler(door)
  const checkProxySetUp = usesReqIp ? proxyCheck(log) : undefined
  const router: NodeHandler = (req, res, next) => {
    if (next && !isMountPath(look(req, 'url')) && !isRouted(req, next, router)) {
      if (look(req, 'method') === 'POST' && looksSigned(req))
        log.setUp(
          'router_passed_on',
          'A callback came to the router at a path that is not its own, and was passed on: mount it, app.use(path, callbacks.router), or call callbacks.node(req, res, next) yourself.',
        )
      next()
      return
    }
    checkProxySetUp?.(req)
    handleDelivery(req, res, next)
  }
  // `handle` is how connect and others recognize an app or a router.
  return Object.assign(router, { handle: router })
}

/** True for a request that carries the signature of a callback. */
function looksSigned(req: IncomingMessage): boolean {
  const body = propertyOf(req, 'body')
  return (
    look(req, 'headers')['response-signature'] !== undefined
    || (isRecord(body) && Object.hasOwn(body, 'signature') && Object.hasOwn(body, 'SmileJobID'))
  )
}

/** Express and connect remove the mount path. */
const isMountPath = (url = '/'): boolean => /^(?:https?:\/\/[^/?#]*)?\/?(?:[?#]|$)/i.test(url)

/**
 * True if the route that Express matched leads here. `req.route` alone does not tell: it stays on the request when a
 * route calls `next`, and then `next` is the router's again, which Express keeps as `req.next`.
 */
function isRouted(req: IncomingMessage, next: Next, handler: NodeHandler): boolean {
  const route = propertyOf(req, 'route')
  return route !== undefined && (propertyOf(req, 'next') !== next || leadsTo(route, handler, mostNested))
}

const mostNested = 8

/** True if a route, or a router below it, has the handler on its stack. */
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
 * Warns once if Express's `trust proxy` makes `req.ip` wrong or forgeable, with the fix. Addresses in X-Forwarded-For
 * are counted, not read; without that header only the first delivery checks the settings.
 */
function proxyCheck(log: Log): (req: NodeRequest) => void {
  let isFirst = true
  const check = (req: NodeRequest): void => {
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
        "Express's 'trust proxy' is true, or a function that always says so, so any sender can choose its own address. Set it to the number of your proxies, such as app.set('trust proxy', 1), or to their addresses. Where your host sets it, as Google's functions framework does, give the option clientIp.",
      )
    } else if (typeof trust === 'number' && isForwarded && trust > String(forwarded).split(',').length) {
      log.setUp(
        'trust_proxy_too_large',
        `Express's 'trust proxy' is ${trust}, but a delivery came through fewer proxies, so a sender can choose its own address. Set it to the number of your proxies.`,
      )
    } else if (!trust && isForwarded && isPrivateAddress(req.socket.remoteAddress)) {
      log.setUp(
        'trust_proxy_off',
        "Deliveries come through a proxy, but Express's 'trust proxy' is off, so req.ip is the proxy's address. Set app.set('trust proxy', 1), or the number or the addresses of your proxies.",
      )
    }
  }
  return (req) => {
    try {
      check(req)
    } catch {
      // The app's own trust function, or its settings, threw: Express calls them too, and this refuses no delivery.
    }
  }
}

/**
 * True if the app's own trust function trusts every address: tested with unassigned ones, farther away than any proxy.
 */
const trustsAnybody = (trust: unknown): boolean =>
  typeof trust === 'function'
  && ['192.0.2.1', '2001:db8::1'].every((address) =>
    Boolean((trust as (address: string, hop: number) => unknown)(address, 32)),
  )
