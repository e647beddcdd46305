/** What a command may touch of its process, so that tests can stand in for it. */
export interface Io {
  out(text: string): void
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether `out` and `err` go to a terminal. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  readStdin(): Promise<string>
  /** Aborted when the user wants to stop. */
  readonly stop: AbortSignal
}

/** 0: all was accepted. */
export const exitCode = { ok: 0, refused: 1, usage: 2 } as const
export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export function processIo(): Io {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())
  // Whoever reads our output may have had enough of it: `| head`.
  process.stdout.on('error', () => undefined)
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    stop: stop.signal,
    async readStdin() {
      const parts: Buffer[] = []
      for await (const part of process.stdin) parts.push(part as Buffer)
      return Buffer.concat(parts).toString('utf8')
    },
  }
}
