import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { reportChannelName } from '../../receive/receive.ts'
import type { DeliveryReport } from '../../report/report.ts'

interface Slot {
  report?: DeliveryReport
}

const current = new AsyncLocalStorage<Slot>()
let listening = false

/**
 * Runs something that receives one delivery, and catches its report, however deep inside an app the callbacks are.
 * The channel is the process's own, so an app on the CommonJS build reports to a test on the ESM build as well.
 */
export async function catchingReport<T>(receive: () => Promise<T>): Promise<{ value: T; report: DeliveryReport | undefined }> {
  listen()
  const slot: Slot = {}
  const value = await current.run(slot, receive)
  return { value, report: slot.report }
}

/** Makes a listener for requests see the slot of whoever waits for the report now. */
export function withinReport<Args extends unknown[]>(listener: (...args: Args) => void): (...args: Args) => void {
  const slot = current.getStore()
  return (...args) => (slot ? current.run(slot, listener, ...args) : listener(...args))
}

function listen(): void {
  if (listening) return
  listening = true
  subscribe(reportChannelName, (report) => {
    const slot = current.getStore()
    if (slot) slot.report = report as DeliveryReport
  })
}
