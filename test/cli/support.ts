import { main } from '../../src/cli/main.ts'
import type { Io } from '../../src/cli/shared/io.ts'
import { credential } from '../support/deliveries.ts'

export const env = { SMILE_ID_PARTNER_ID: credential.partnerId, SMILE_ID_API_KEY: credential.apiKey }

export interface Ran {
  code: number
  out: string
  err: string
}

/** A process that keeps what is written to it. */
export function fakeIo(change: Partial<Io> = {}): Io & { written: { out: string; err: string } } {
  const written = { out: '', err: '' }
  return {
    written,
    out: (text) => {
      written.out += text
    },
    err: (text) => {
      written.err += text
    },
    env,
    outIsTerminal: false,
    errIsTerminal: false,
    readStdin: () => Promise.resolve(''),
    stop: new AbortController().signal,
    ...change,
  }
}

export async function run(args: string, change: Partial<Io> = {}): Promise<Ran> {
  const io = fakeIo(change)
  const code = await main(args.split(' ').filter(Boolean), io)
  return { code, ...io.written }
}
