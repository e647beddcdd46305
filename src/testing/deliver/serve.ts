import { createServer, Server, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withinReport } from './report.ts'

/**
 * Serves an app on a free port of the loopback address for the length of one call. `from` is the address that
 * the app sees as the other end of its connections.
 */
export async function serving<T>(app: RequestListener | Server, from: string, use: (base: URL) => Promise<T>): Promise<T> {
  const server = app instanceof Server ? createServer(forwardTo(app, from)) : createServer(withinReport(appearing(from, app)))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  try {
    return await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const forwardTo = (target: Server, from: string): RequestListener =>
  withinReport(appearing(from, (req, res) => target.emit('request', req, res)))

/** Only the peer's address is made up; what it is worth is still for the app's `trust proxy` to say. */
const appearing =
  (from: string, listener: RequestListener): RequestListener =>
  (req, res) => {
    Object.defineProperty(req.socket, 'remoteAddress', { value: from, configurable: true })
    listener(req, res)
  }
