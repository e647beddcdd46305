import type { ParseArgsConfig } from 'node:util'
import { packageFile, rowsOf } from './shared/io.ts'

interface Spec {
  /** Line in the list of all commands. */
  readonly brief: string
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
    brief: 'post signed callbacks to a receiver',
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
    brief: 'explain why a captured callback was accepted or refused',
    options: { ...credentials, at: text, 'allow-ip': texts, 'no-address-check': flag, 'show-data': flag, json: flag },
  },
  explain: { brief: 'explain a code or a cause, with the fix', options: { json: flag } },
  doctor: {
    brief: 'find what stands between Smile ID and your receiver',
    instead: 'the URL goes after --url',
    options: { url: text, ...credentials, json: flag, 'allow-remote': flag },
  },
  reconcile: {
    brief: 'ask Smile ID about jobs whose callbacks never came',
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
    brief: 'receive and show callbacks, without writing code',
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
    brief: 'a page beside an app in development: what comes, and why it is refused',
    instead: 'the URL goes after --app',
    options: { app: text, port: text, param: texts, ...credentials, 'allow-remote': flag },
  },
  dead: {
    brief: 'events whose handlers failed every time: list, handle again, drop',
    options: { ...queues, all: flag, json: flag },
  },
  effects: { brief: 'let a verdict have its effect again, after a conflict', options: { postgres: text, table: text } },
  forget: {
    brief: 'delete what queue, store and captures hold of a job or a user',
    instead: 'the id goes after --job or --user',
    options: { job: text, user: text, ...queues, captures: text, 'store-prefix': text, table: text, json: flag },
  },
} as const satisfies Readonly<Record<string, Spec>>

export type Command = keyof typeof commands
export const commandNames = Object.keys(commands) as Command[]
export const isCommand = (name: string | undefined): name is Command => commandNames.some((one) => one === name)
export const specOf = (command: Command): Spec => commands[command]

/** Explains every option: a section for each command, and one for options that several take. */
const page = 'src/cli/commands.md'
/** Replaces a section where the page is missing. */
const missing = `This installation lacks ${page}, which explains the options: read it at
https://github.com/express-smile-id/express-smile-id/blob/main/${page}

| option`

export function help(command?: Command): string {
  if (command === undefined)
    return `Smile ID callbacks without Smile ID.

${commandNames.map((name) => `  express-smile-id ${name.padEnd(10)} ${commands[name].brief}\n`).join('')}
  <command> --help            its options
  --version

The API key is read from SMILE_ID_API_KEY, the partner id from SMILE_ID_PARTNER_ID.
Exit codes: 0 all accepted, 1 something was refused, 2 wrong arguments.
`
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
