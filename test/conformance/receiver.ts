import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a receiver did, as its business sees it. */
export interface Effects {
  /** Job ids whose customers were let in, once for each time it was done. */
  approved: string[]
  /** Job ids whose customers were turned away. */
  rejected: string[]
  /** Every line it logged. */
  logged: string[]
  /** Called while an event is worked on; what it throws is the handler's failure. */
  work: (jobId: string) => Promise<void>
}

/** State that outlives a process, such as a database; `later` is how far its clock is ahead of this machine's, ms. */
export type Durable = Map<string, unknown> & { later: number }

/** A receiver under test: makes its request listener, anew after each restart. It trusts one proxy before it. */
export type Receiver = (effects: Effects, durable: Durable) => RequestListener

export interface Running {
  post(
    delivery: { headers: Record<string, string>; body: string | AsyncIterable<Uint8Array> },
    from?: string,
  ): Promise<number>
  /** Another process over the same durable state; whatever the old one still does, it does no more here. */
  restart(): Promise<void>
  /** Time passes for what outlives a process. */
  pass(ms: number): void
  effects: Effects
}

export const senders = { genuine: '52.36.32.43', stranger: '203.0.113.9' }

export async function running<T>(receiver: Receiver, use: (running: Running) => Promise<T>): Promise<T> {
  const durable: Durable = Object.assign(new Map<string, unknown>(), { later: 0 })
  const effects: Effects = { approved: [], rejected: [], logged: [], work: () => Promise.resolve() }
  const start = async () => {
    const server = createServer(receiver(effects, durable))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }
  let server = await start()
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    return await use({
      effects,
      async post({ headers, body }, from = senders.genuine) {
        // As the one proxy writes it: what the sender claimed first, the address it saw last.
        const forwarded = from === senders.stranger ? `${senders.genuine}, ${from}` : from
        const stream = typeof body === 'string' ? { body } : { body: body as never, duplex: 'half' as const }
        const init = { method: 'POST', headers: { ...headers, 'X-Forwarded-For': forwarded }, ...stream }
        const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, init)
        await response.text()
        return response.status
      },
      pass(ms) {
        durable.later += ms
      },
      async restart() {
        await stop()
        server = await start()
      },
    })
  } finally {
    await stop()
  }
}
