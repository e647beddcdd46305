import type { IncomingMessage } from 'node:http'
import { look } from '../lib/look.ts'
import { propertyOf } from './body.ts'
import type { Next } from './failed-answer.ts'
import { nodeHandler, type NodeDoor, type NodeHandler } from './node.ts'
import { proxyCheck } from './proxy-check.ts'

/** How the Express door is made. */
export interface ExpressDoor extends NodeDoor {
  /** Whether `req.ip` decides anything, so that a wrong `trust proxy` is worth a warning. */
  usesReqIp: boolean
}

/**
 * The Express door. It answers at its mount path alone, or wherever a route leads to it, and leaves all else to `next`.
 * A plain function, which needs nothing of Express but what it finds: a layer of its own would parse the URL again
 * and walk a stack of one for every delivery.
 */
export function expressRouter({ usesReqIp, ...door }: ExpressDoor): NodeHandler {
  const handleDelivery = nodeHandler(door)
  const checkProxySetUp = usesReqIp ? proxyCheck(door.log) : undefined
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
 * Whether the route that Express matched leads here. `req.route` alone does not tell: it is left on the request when a route
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
    (layer) => layer?.handle === handler || leadsTo(layer?.route, handler, levels - 1) || leadsTo(layer?.handle, handler, levels - 1),
  )
}
