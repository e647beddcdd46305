import { callbacks } from '../../../callbacks.mjs'

const answer = ({ request, getClientAddress }) => callbacks.fetch(request, { clientIp: getClientAddress() })
export const POST = answer
export const GET = answer
