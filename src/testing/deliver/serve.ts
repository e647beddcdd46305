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
  const server =
    app instanceof Server ? createServer(forwardTo(app, from)) : createServer(withinReport(appearing(from, app)))
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
let listening = 0

/**
 * Runs a function that receives one delivery, and catches its report, however deep inside an app the callbacks are. The
 * channel belongs to the process, so an app on the CommonJS build reports to a test on the ESM build as well.
 */
export async function catchingReport<T>(
  receive: () => Promise<T>,
): Promise<{ value: T; report: DeliveryReport | undefined }> {
  if (listening === 0) subscribe(reportChannelName, hear)
  listening += 1
  try {
    const slot: Slot = {}
    const value = await current.run(slot, receive)
    return { value, report: slot.report }
  } finally {
    // The channel outlives a test file: a subscriber would keep all of its modules.
    listening -= 1
    if (listening === 0) unsubscribe(reportChannelName, hear)
  }
}

/** Wraps a request listener so that it sees the slot of the current caller. */
function withinReport<Args extends unknown[]>(listener: (...args: Args) => void): (...args: Args) => void {
  const slot = current.getStore()
  return (...args) => (slot ? current.run(slot, listener, ...args) : listener(...args))
}

function hear(report: unknown): void {
  const slot = current.getStore()
  if (slot) slot.report = report as DeliveryReport
}
