// app/api/smile-id/route.ts of a Next app (app router).
import { callbacks } from '../../../callbacks'

// The signature needs node:crypto, and a callback is never to be served from a cache.
export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

// A Request does not say who sent it: your host does. Vercel writes this header itself, and what a sender
// puts there does not get through; behind a proxy of your own take the address that your proxy appended.
export const POST = (request: Request) => callbacks.fetch(request, { clientIp: request.headers.get('x-real-ip') ?? undefined })
