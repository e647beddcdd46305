import { readFile } from 'node:fs/promises'
import { SmileIdConfigError } from '../../errors.ts'
import type { Capture } from '../shared/capture.ts'
import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { styleFor } from '../shared/style.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { inspect, type Inspection, type InspectOptions } from './inspect.ts'
import { eventFacts, printed } from './print.ts'
import { readInput } from './read/input.ts'
import { inspectReport } from './report.ts'

const inspectOptions = {
  ...credentialOptions,
  at: { type: 'string' },
  'allow-ip': { type: 'string', multiple: true },
  'no-address-check': { type: 'boolean' },
  'show-data': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

export async function inspectCommand(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, inspectOptions)
  const [path, ...others] = positionals
  if (path === undefined || others.length > 0) throw new UsageError('inspect takes one capture: a file, or - for standard input.')
  const input = readInput(path === '-' ? await io.readStdin() : await read(path))
  const inspection = 'report' in input ? inspectReport(input.report) : await judged(input.capture, values, io)
  if ('ofSeveral' in input) io.err(`There are ${input.ofSeveral} requests; this is the last that looks like a callback.\n`)
  const showData = values['show-data'] === true
  io.out(values.json ? `${JSON.stringify(forPrograms(inspection, showData))}\n` : printed(inspection, styleFor(io), showData))
  return inspection.status === 200 ? exitCode.ok : exitCode.refused
}

async function judged(capture: Capture, values: ReturnType<typeof readArgs<typeof inspectOptions>>['values'], io: Io): Promise<Inspection> {
  const credentials = await readCredentials(values, io)
  const allowedIps = values['no-address-check'] ? false : values['allow-ip']
  return configured(capture, { credentials, allowedIps, at: timeOf(values.at) })
}

async function configured(...args: Parameters<typeof inspect>): Promise<Inspection> {
  try {
    return await inspect(...args)
  } catch (error) {
    if (error instanceof SmileIdConfigError) throw new UsageError(error.message)
    throw error
  }
}

const forPrograms = ({ event, ...rest }: Inspection, showData: boolean): object => ({ ...rest, ...(event && { event: eventFacts(event, showData) }) })

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw new UsageError(`${path} cannot be read.`)
  }
}

function timeOf(text: string | undefined): InspectOptions['at'] {
  if (text === undefined) return undefined
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new UsageError('--at has to be a time, such as 2026-10-14T09:00:00Z.')
}
