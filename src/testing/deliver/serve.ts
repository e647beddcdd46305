import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { reportChannelName } from '../../receive/receive.ts'
import type { DeliveryReport } from '../../report/report.ts'

/**
 * Serves an app on a free loopback port for the length of one call. `from` is the address that the app sees as the
 * remote address of its connections.
 */
export async function serving<T>(
  app: RequestListener | Server,
  from: string,
  use: (base: URL) => Promise<T>,
): Promise<T> {
  const listener: RequestListener =
    app instanceof Server
      ? (req, res) => {
          app.emit('request', req, res)
        }
      : app
  const server = createServer(withinReport(appearing(from, listener)))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  try {
    return await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  } finally {
    await closed(server)
  }
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Only the peer's address is invented; the app's `trust proxy` still decides about it. */
const appearing =
  (from: string, listener: RequestListener): RequestListener =>
  (req, res) => {
    Object.defineProperty(req.socket, 'remoteAddress', { value: from, configurable: true })
    listener(req, res)
  }

interface Slot {
  report?: DeliveryReport
}

const current = new AsyncLocalStorage<Slot>()

/**
 * Runs a function that receives one delivery, and catches its report, however deep inside an app the callbacks are. The
 * channel belongs to the process, so an app on the CommonJS build reports to a test on the ESM build as well.
 */
export async function catchingReport<T>(
  receive: () => Promise<T>,
): Promise<{ value: T; report: DeliveryReport | undefined }> {
  const slot: Slot = {}
  const hear = (report: unknown): void => {
    if (current.getStore() === slot) slot.report = report as DeliveryReport
  }
  subscribe(reportChannelName, hear)
  try {
    const value = await current.run(slot, receive)
    return { value, report: slot.report }
  } finally {
    // The channel outlives a test file: a subscriber would keep all of its modules.
    unsubscribe(reportChannelName, hear)
  }
}

/** Wraps a request listener so that it sees the slot of the current caller. */
function withinReport<Args extends unknown[]>(listener: (...args: Args) => void): (...args: Args) => void {
  const slot = current.getStore()
  return (...args) => (slot ? current.run(slot, listener, ...args) : listener(...args))
}
