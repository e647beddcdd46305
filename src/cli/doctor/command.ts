import { credentialOptions, readCredentials } from '../shared/credentials.ts'
import { exitCode, type ExitCode, type Io } from '../shared/io.ts'
import { harmless, styleFor, wrap, type Style } from '../shared/style.ts'
import { readTarget } from '../shared/target.ts'
import { readArgs, UsageError } from '../shared/usage.ts'
import { shownUrl } from './answer.ts'
import { examine, type Finding } from './examine.ts'

const doctorOptions = {
  ...credentialOptions,
  url: { type: 'string' },
  json: { type: 'boolean' },
  'allow-remote': { type: 'boolean' },
} as const

/** Says what stands between Smile ID and a receiver. */
export async function doctor(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = readArgs(args, doctorOptions)
  if (positionals.length > 0) throw new UsageError(`doctor takes no "${positionals[0] ?? ''}": the URL goes after --url.`)
  const url = readTarget(values.url, values['allow-remote'] === true, '--url')
  const [credential] = await readCredentials(values, io)
  if (!credential) throw new UsageError('There is no credential to sign with.')
  const findings = await examine(url, credential)
  const isWell = findings.every(({ verdict }) => verdict === 'pass')
  io.out(values.json ? `${JSON.stringify({ url: shownUrl(url), ok: isWell, findings })}\n` : text(findings, styleFor(io)))
  return isWell ? exitCode.ok : exitCode.refused
}

function text(findings: readonly Finding[], style: Style): string {
  const lines = findings.map(({ name, verdict, says }) => `  ${verdict === 'pass' ? style.good('ok  ') : style.bad('no  ')}${name.padEnd(11)}${harmless(says, 300)}`)
  const advice = findings.flatMap(({ name, cause, fix }) => (fix === undefined ? [] : ['', `${style.bold(name)} (${cause ?? ''})`, ...wrap(fix)]))
  return `${[...lines, ...advice].join('\n')}\n`
}
