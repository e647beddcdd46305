import type { ParseArgsConfig } from 'node:util'
import { packageFile, rowsOf } from './shared/io.ts'

interface Spec {
  /** In the order in which they are shown; the page explains them. */
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** Said of an argument that is not an option; without it, the command takes such arguments. */
  readonly instead?: string
}

/** The forms of an option, as parseArgs of Node takes them. */
const flag = { type: 'boolean' } as const
const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const

const credentials = { 'partner-id': text, 'api-key': text, 'env-file': text, credentials: text }
const queues = { redis: text, postgres: text, queue: text, prefix: text, schema: text, 'dead-letter': text }

export const commands = {
  send: {
    instead: 'the URL goes after --to',
    options: {
      to: text,
      product: text,
      outcome: text,
      generation: text,
      code: text,
      reason: text,
      'id-step': text,
      'job-id': text,
      param: texts,
      story: flag,
      from: text,
      'as-is': flag,
      repeat: text,
      shuffle: flag,
      seed: text,
      rate: text,
      size: text,
      ...credentials,
      json: flag,
      'allow-remote': flag,
    },
  },
  inspect: {
    options: { ...credentials, at: text, 'allow-ip': texts, 'no-address-check': flag, 'show-data': flag, json: flag },
  },
  explain: { options: { json: flag } },
  doctor: {
    instead: 'the URL goes after --url',
    options: { url: text, ...credentials, json: flag, 'allow-remote': flag },
  },
  reconcile: {
    instead: 'the file goes after --jobs',
    options: {
      jobs: text,
      environment: text,
      replay: flag,
      'deliver-to': text,
      concurrency: text,
      'base-url': text,
      ...credentials,
      json: flag,
      'allow-remote': flag,
    },
  },
  listen: {
    instead: 'the port goes after --port',
    options: {
      port: text,
      host: text,
      ui: flag,
      save: text,
      param: texts,
      ...credentials,
      'show-data': flag,
      json: flag,
      'allow-remote': flag,
    },
  },
  ui: {
    instead: 'the URL goes after --app',
    options: { app: text, port: text, param: texts, ...credentials, 'allow-remote': flag },
  },
  dead: { options: { ...queues, all: flag, json: flag } },
  effects: { options: { postgres: text, table: text } },
  forget: {
    instead: 'the id goes after --job or --user',
    options: { job: text, user: text, ...queues, captures: text, 'store-prefix': text, table: text, json: flag },
  },
} as const satisfies Readonly<Record<string, Spec>>

export type Command = keyof typeof commands
export const commandNames = Object.keys(commands) as Command[]
export const isCommand = (name: string | undefined): name is Command => commandNames.some((one) => one === name)
export const specOf = (command: Command): Spec => commands[command]

/** Explains every command in a line, and in a section its options; those that several take have one of their own. */
const page = 'src/cli/commands.md'
/** Replaces a section where the page is missing. */
const missing = `This installation lacks ${page}, which explains the options: read it at
https://github.com/express-smile-id/express-smile-id/blob/main/${page}

| option`

export function help(command?: Command): string {
  if (command === undefined) {
    const briefs = new Map(rowsOf(packageFile(page) ?? '', 'command').map(([name, brief = '']) => [name, brief]))
    const lines = commandNames.map((name) =>
      `  express-smile-id ${name.padEnd(10)} ${briefs.get(name) ?? ''}`.trimEnd(),
    )
    return `Smile ID callbacks without Smile ID.

${lines.join('\n')}

  <command> --help            its options
  --version

The API key is read from SMILE_ID_API_KEY, the partner id from SMILE_ID_PARTNER_ID.
Exit codes: 0 all accepted, 1 something was refused, 2 wrong arguments.
`
  }
  const section = sectionOf(command)
  const rows = [section, sectionOf('Several commands')].flatMap((one) => rowsOf(one, 'option'))
  const options = Object.keys(commands[command].options).map((name) => {
    const [form = '', meaning = ''] = rows.find(([one = '']) => one.split(' ')[0] === `--${name}`) ?? [`--${name}`]
    return `  ${form.padEnd(23)} ${meaning.replace('<br>', `\n${' '.repeat(26)}`)}`.trimEnd()
  })
  const parts = section.split('\n\n').map((part) => {
    if (part.startsWith('| option')) return options.join('\n')
    const plain = part.replace(/^```sh\n|\n```$|`/g, '')
    return plain.replace(/^npx /gm, '  ')
  })
  return `${parts.join('\n\n')}\n`
}

function sectionOf(title: string): string {
  const sections = packageFile(page)?.split('\n## ')
  return (
    sections
      ?.find((one) => one.startsWith(`${title}\n`))
      ?.slice(title.length)
      .trim() ?? missing
  )
}
