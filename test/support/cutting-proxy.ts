import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

/** A TCP proxy between a client and its server. Everything the client asks gets through; some of the replies do not. */
export interface CuttingProxy {
  port: number
  /** How many replies were cut. */
  readonly cuts: number
  /**
   * From now on so many of a thousand replies are cut: the server has done what was asked, and the connection ends
   * instead of the answer.
   */
  cutReplies(perThousand: number): void
  /** Connections that are open go silent, as where a host is gone: nothing gets through, and nothing ends them. */
  swallow(): void
  /** New connections go to another server, as where a name means another host: open ones stay. */
  pointTo(port: number): void
  stop(): Promise<void>
}

export async function cuttingProxy(first: number): Promise<CuttingProxy> {
  let target = first
  let perThousand = 0
  let cuts = 0
  let due = 0
  const sockets = new Set<Socket>()
  const silent = new WeakSet<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    const isSilent = () => silent.has(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (asked) => {
      if (!isSilent()) upstream.write(asked)
    })
    upstream.on('data', (reply) => {
      if (isSilent()) return
      // Counted, not by chance: of a thousand replies three may be none.
      due += perThousand
      if (due < 1_000) return void client.write(reply)
      due -= 1_000
      cuts += 1
      end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts
    },
    cutReplies: (many) => void (perThousand = many),
    swallow: () => {
      for (const socket of sockets) silent.add(socket)
    },
    pointTo: (port) => void (target = port),
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
