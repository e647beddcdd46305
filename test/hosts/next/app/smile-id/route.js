import { callbacks } from '../../callbacks.mjs'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

// `next start` puts the socket's address into this header, unless the sender already has: a proxy in front has to set it.
const answer = (request) => callbacks.fetch(request, { clientIp: request.headers.get('x-forwarded-for') ?? undefined })
export const POST = answer
export const GET = answer
