import { SmileIdConfigError } from '../errors.ts'
import { type Command, commandNames, help, isCommand } from './help.ts'
import { type Io, packageFile, printable } from './shared/io.ts'
import { type Given, readArgs, type Run, suggestion, UsageError } from './shared/usage.ts'

/** `ok`: all were accepted. */
const exitCode = { ok: 0, refused: 1, usage: 2 } as const
type ExitCode = (typeof exitCode)[keyof typeof exitCode]

// Loaded on demand, so that help and version answer at once.
const modules: { readonly [C in Command]: () => Promise<{ run: Run<C> }> } = {
  send: () => import('./send/command.ts'),
  inspect: () => import('./inspect/command.ts'),
  doctor: () => import('./doctor/command.ts'),
  reconcile: () => import('./reconcile.ts'),
  explain: () => import('./explain/command.ts'),
  ui: () => import('./ui/command.ts'),
  dead: () => import('./dead.ts'),
  effects: () => import('./effects.ts'),
  forget: () => import('./forget.ts'),
  listen: () => import('./listen/command.ts'),
}

/** Runs `express-smile-id <args>`; resolves to the exit code. */
export async function main(args: readonly string[], unsafeIo: Io): Promise<ExitCode> {
  // Commands may show delivered data: all output is made safe here.
  const io: Io = {
    ...unsafeIo,
    out: (text) => unsafeIo.out(printable(text)),
    err: (text) => unsafeIo.err(printable(text)),
  }
  const [first, ...rest] = args
  try {
    if (first === '--version' || first === '-v') {
      io.out(`${version()}\n`)
      return exitCode.ok
    }
    if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
      io.out(help(isCommand(rest[0]) ? rest[0] : undefined))
      return first === undefined ? exitCode.usage : exitCode.ok
    }
    if (!isCommand(first)) throw new UsageError(`There is no command "${first}".${suggestion(first, commandNames)}`)
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(help(first))
      return exitCode.ok
    }
    return (await runCommand(first, readArgs(first, rest), io)) ? exitCode.ok : exitCode.refused
  } catch (error) {
    // Such as a key in quotation marks; the message never holds it.
    if (!(error instanceof UsageError || error instanceof SmileIdConfigError)) throw error
    io.err(`${error.message}\nTry: express-smile-id ${isCommand(first) ? `${first} ` : ''}--help\n`)
    return exitCode.usage
  }
}

const runCommand = async <C extends Command>(command: C, given: Given<C>, io: Io): Promise<boolean> =>
  (await modules[command]()).run(given, io)

function version(): string {
  const { version: known = 'unknown' } = JSON.parse(packageFile('package.json') ?? '{}') as { version?: string }
  return known
}
