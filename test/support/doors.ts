import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import {
  smileIdCallbacks,
  type DeliveryReport,
  type SmileIdCallbacks,
  type SmileIdCallbacksOptions,
} from '../../src/index.ts'
import { senderIp, testOptions } from './deliveries.ts'

/** A delivery as a test damages it. */
export interface TestDelivery {
  method: string
  headers: Record<string, string>
  body: string | Uint8Array<ArrayBuffer>
  /** Where it comes from, or says it does. */
  from?: string
}

export interface Answered {
  status: number
  headers: Headers
  body: unknown
  report: DeliveryReport
}

/** Sends a delivery to a receiver made of these options. */
export type Door = (
  delivery: TestDelivery,
  options?: Partial<SmileIdCallbacksOptions>,
  prepare?: (callbacks: SmileIdCallbacks<never>) => void,
) => Promise<Answered>

type AnyCallbacks = SmileIdCallbacks<never>

function receiver(options: Partial<SmileIdCallbacksOptions>, prepare?: (callbacks: AnyCallbacks) => void) {
  const reports: DeliveryReport[] = []
  const callbacks = smileIdCallbacks({
    ...testOptions,
    ...options,
    onDelivery: (report) => reports.push(report),
  }) as unknown as AnyCallbacks
  if (prepare) prepare(callbacks)
  else callbacks.onAny(() => undefined)
  return { callbacks, reports }
}

export const viaReceive: Door = async ({ from = senderIp, ...delivery }, options = {}, prepare) => {
  const { callbacks } = receiver(options, prepare)
  const report = await callbacks.receive({ ...delivery, clientIp: from })
  return { status: report.status, headers: new Headers(), body: undefined, report }
}

export const viaFetch: Door = async ({ from = senderIp, method, headers, body }, options = {}, prepare) => {
  const { callbacks, reports } = receiver(options, prepare)
  const init = method === 'GET' ? { method, headers } : { method, headers, body }
  const response = await callbacks.fetch(new Request('https://receiver.test/smile-id', init), { clientIp: from })
  return { status: response.status, headers: response.headers, body: await response.json(), report: only(reports) }
}

/** Real HTTP to an Express app in which the first proxy is trusted, so that a test can choose the address. */
export const viaExpress: Door = async ({ from = senderIp, method, headers, body }, options = {}, prepare) => {
  const { callbacks, reports } = receiver(options, prepare)
  const app = express()
  app.set('trust proxy', 1)
  app.use('/smile-id', callbacks.router)
  return serving(app, async (url) => {
    const init = method === 'GET' ? { method } : { method, body }
    const response = await fetch(`${url}/smile-id`, { ...init, headers: { ...headers, 'X-Forwarded-For': from } })
    return { status: response.status, headers: response.headers, body: await response.json(), report: only(reports) }
  })
}

export const doors: [name: string, door: Door][] = [
  ['express', viaExpress],
  ['fetch', viaFetch],
  ['receive', viaReceive],
]

/** Runs a test against an app on a free port of the loopback address. */
export async function serving<T>(app: Express, use: (url: string, server: Server) => Promise<T>): Promise<T> {
  // Express 4 and 5 apps are both request listeners.
  const server = createServer(app as Parameters<typeof createServer>[1])
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function only<T>(list: readonly T[]): T {
  if (list.length !== 1) throw new Error(`expected one report, got ${list.length}`)
  return list[0]!
}
