import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

interface Server {
  child: ChildProcess
  port?: number
}

/** A few server processes that stand up again when they are killed, as a supervisor has them. */
export class Fleet {
  readonly #servers = new Set<Server>()
  readonly #setUp: object
  readonly #size: number
  #stopped = false
  /** Process ids that were killed. */
  readonly killed = new Set<number>()
  /** Ids of events whose handlers or claims ran out of time. */
  readonly late = new Set<string>()

  constructor(size: number, setUp: object) {
    this.#size = size
    this.#setUp = setUp
  }

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#size }, () => this.#spawn()))
  }

  /** Ports of the processes that take deliveries, as a load balancer knows them. */
  get ports(): number[] {
    return [...this.#servers].flatMap(({ port }) => port ?? [])
  }

  /** Kills one at random, unless it is the only one that is up. */
  killOne(): void {
    const up = [...this.#servers].filter(({ port }) => port !== undefined)
    const victim = up[Math.floor(Math.random() * up.length)]
    if (up.length < 2 || victim?.child.pid === undefined) return
    this.killed.add(victim.child.pid)
    victim.child.kill('SIGKILL')
  }

  /** Kills one every now and then, this many ms apart, until stopped. */
  killAtRandom(leastMs: number, mostMs: number): { stop: () => void } {
    let timer: NodeJS.Timeout
    const next = () => {
      timer = setTimeout(
        () => {
          this.killOne()
          next()
        },
        leastMs + Math.random() * (mostMs - leastMs),
      )
    }
    next()
    return { stop: () => clearTimeout(timer) }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(
      [...this.#servers].map(async ({ child }) => {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }),
    )
  }

  async #spawn(): Promise<void> {
    const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), {
      env: { ...process.env, LOAD_SETUP: JSON.stringify(this.#setUp) },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const server: Server = { child }
    this.#servers.add(server)
    child.on('exit', () => {
      this.#servers.delete(server)
      if (!this.#stopped) void this.#spawn()
    })
    child.on('message', ({ late }: { late?: string }) => late !== undefined && this.late.add(late))
    const ready = once(child, 'message') as Promise<[{ port: number }]>
    const [message] = await Promise.race([ready, once(child, 'exit').then(() => [undefined])])
    if (message) server.port = message.port
  }
}
