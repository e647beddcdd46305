/** An option: the form of its value (none: a flag; with `…`: may be repeated), and its line of help. */
type Option = readonly [value: '' | `<${string}>` | `<${string}>…`, text: string]

interface Spec {
  /** Line in the list of all commands. */
  readonly brief: string
  readonly does: string
  readonly examples: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  /** Said of an argument that is not an option; without it, the command takes such arguments. */
  readonly instead?: string
  readonly notes?: string
}

const credentials = {
  'partner-id': ['<id>', 'default: SMILE_ID_PARTNER_ID; leading zeros count'],
  'api-key': ['<key>', 'default: SMILE_ID_API_KEY, which shows in no list of processes'],
  'env-file': ['<file>', 'read both from lines such as those of .env'],
  credentials: ['<file>', 'instead: JSON, {"partnerId","apiKey","environment"?,"label"?} or an array of them'],
} as const
const json = ['', 'for programs'] as const
const remote = ['', 'allow another machine'] as const
const param = ['<key=value>…', 'a partner param; may be repeated'] as const
const showData = ['', 'show identity data, which is masked otherwise'] as const
const postgres = ['<url>', 'default: DATABASE_URL. A password is safer there than in a process list'] as const

const queues = {
  redis: ['<url>', 'of BullMQ and redisStore; default: REDIS_URL'],
  postgres: ['<url>', `of pg-boss and postgresStore; ${postgres[1]}`],
  queue: ['<name>', 'default: smile-id'],
  prefix: ['<prefix>', "of BullMQ's keys; default: bull"],
  schema: ['<schema>', 'of pg-boss; default: pgboss'],
  'dead-letter': ['<queue>', 'of pg-boss; default: <queue>-dead'],
} as const

export const commands = {
  send: {
    brief: 'post signed callbacks to a receiver',
    does: 'Posts callbacks, signed as Smile ID signs them.',
    examples: ['send --to http://localhost:3000/smile-id --product document_verification --outcome rejected'],
    instead: 'the URL goes after --to',
    options: {
      to: ['<url>', 'the receiver; another machine needs --allow-remote'],
      product: ['<name>', 'such as biometric_kyc; default: document_verification'],
      outcome: [
        '<name>',
        'approved, rejected, provisional, attention, error, unknown,\nor id_info, smile_secure, monitoring; default: approved',
      ],
      generation: ['<v1|v3>', 'default: v3 if the product has it'],
      code: ['<code>', 'a v1 ResultCode'],
      reason: ['<reason>', 'a v3 reason'],
      'id-step': ['<step>', 'passed, failed or error, for id_info'],
      'job-id': ['<id>', 'default: a new job'],
      param,
      story: ['', 'the whole job: ID look-up, under review, final'],
      from: ['<file|folder>', 'instead: captures of listen --save, signed again'],
      'as-is': ['', 'with --from: exactly as captured, with the old signature'],
      repeat: ['<n>', 'each delivery n times, signed again as in a retry'],
      shuffle: ['', 'in any order'],
      seed: ['<n>', 'with --shuffle: the same order again'],
      rate: ['<n>', 'n per second; default: one after the other'],
      size: ['<size>', 'pad the body, such as to 1.4mb'],
      ...credentials,
      json: ['', 'one line of JSON per delivery, and one for all'],
      'allow-remote': remote,
    },
  },
  inspect: {
    brief: 'explain why a captured callback was accepted or refused',
    does: 'Shows step by step how the router would answer a captured callback, and why.',
    examples: ['inspect capture.json', 'inspect - < capture.json'],
    options: {
      ...credentials,
      at: ['<time>', "judge the signature's age at this time; default: the time of arrival, else now"],
      'allow-ip': ['<address>…', 'allowed sender; may be repeated; default: the published addresses'],
      'no-address-check': ['', 'allow every sender'],
      'show-data': showData,
      json,
    },
    notes: `It reads a capture of listen --save or captureRefused, {"method"?,"headers","body","clientIp"?,"receivedAt"?}; a log line or
a report of this library; a raw HTTP request; a curl command; HAR; or the body of a callback alone.`,
  },
  explain: {
    brief: 'explain a code or a cause, with the fix',
    does: 'Explains a code from the log or the answer, or a cause named by inspect or the log. Works offline.',
    examples: ['explain signature_mismatch'],
    options: { json },
  },
  doctor: {
    brief: 'find what stands between Smile ID and your receiver',
    does: 'Posts signed, forged and large deliveries to your receiver, and finds obstacles for callbacks.',
    examples: ['doctor --url http://localhost:3000/smile-id'],
    instead: 'the URL goes after --url',
    options: {
      url: ['<url>', 'the receiver; another machine needs --allow-remote'],
      ...credentials,
      json,
      'allow-remote': remote,
    },
    notes: 'No handler is called: the deliveries are genuine, but not callbacks. onUnrecognized is called.',
  },
  reconcile: {
    brief: 'ask Smile ID about jobs whose callbacks never came',
    does: "Prints Smile ID's answer about each job, such as after an outage. Without --replay and --deliver-to it changes nothing.",
    examples: ['reconcile --jobs jobs.csv'],
    instead: 'the file goes after --jobs',
    options: {
      jobs: ['<file>', 'CSV with a first line generation,job_id,user_id; - for standard input'],
      environment: ['<name>', 'production or sandbox; default: production'],
      replay: ['', "ask for another delivery of v3 callbacks, to the job's own URL"],
      'deliver-to': ['<url>', 'post v1 answers to a receiver, signed as callbacks'],
      concurrency: ['<n>', 'jobs asked about at once; default: 4'],
      'base-url': ['<url>', "replaces Smile ID's servers"],
      ...credentials,
      json: ['', 'one line of JSON per job, and one for all'],
      'allow-remote': ['', 'allow another machine for --deliver-to'],
    },
    notes: 'Exit codes: 0 each job has an answer, 1 some have none or were refused, 2 wrong arguments.',
  },
  listen: {
    brief: 'receive and show callbacks, without writing code',
    does: 'Receives callbacks and shows them, refusals with their likely cause.',
    examples: ['listen --port 3000'],
    instead: 'the port goes after --port',
    options: {
      port: ['<n>', 'default: 3000; 0 for any free one'],
      host: ['<address>', 'default: 127.0.0.1; another needs --allow-remote'],
      ui: ['', 'a page that shows deliveries, and sends more'],
      save: ['<folder>', 'keep each delivery as a file, for inspect and send --from. They hold identity data'],
      param,
      ...credentials,
      'show-data': showData,
      json: ['', 'one line of JSON per delivery'],
      'allow-remote': remote,
    },
    notes: 'Accepts every path and every sender: behind a tunnel all come from this machine.',
  },
  ui: {
    brief: 'a page beside an app in development: what comes, and why it is refused',
    does: 'Shows the deliveries to an app in development on a page, and sends more.',
    examples: ['ui --app http://localhost:3000/smile-id'],
    instead: 'the URL goes after --app',
    options: {
      app: ['<url>', 'the receiver; another machine needs --allow-remote'],
      port: ['<n>', 'port that passes deliveries on; default: any free one'],
      param,
      ...credentials,
      'allow-remote': remote,
    },
    notes: 'The page is on this machine only, behind a token in its URL. Identity data is masked until you ask for it.',
  },
  dead: {
    brief: 'events whose handlers failed every time: list, handle again, drop',
    does: 'Lists, redrives or drops the events whose handlers failed on every attempt.',
    examples: [
      'dead list --redis redis://localhost:6379',
      'dead redrive 0123456789abcdef0123456789abcdef --postgres postgres://localhost/app',
      'dead drop --all --redis redis://localhost:6379',
    ],
    options: {
      ...queues,
      all: ['', 'with redrive and drop: all of them'],
      json: ['', 'with list: one line of JSON per event'],
    },
    notes: 'No payload is shown.',
  },
  effects: {
    brief: 'let a verdict have its effect again, after a conflict',
    does: 'Forgets the effects that an event had under inTransaction, or those of a verdict.',
    examples: ['effects forget 0123456789abcdef0123456789abcdef --postgres postgres://localhost/app'],
    options: { postgres, table: ['<name>', 'default: smile_id_effects'] },
    notes: `After a verdict_conflict: forget the event that is wrong, once what it did is undone. The log line names both.`,
  },
  forget: {
    brief: 'delete what queue, store and captures hold of a job or a user',
    does: 'Deletes what queue, dead letters, store and captures hold of a job or a user, and counts it.',
    examples: [
      'forget --job job-1 --redis redis://localhost:6379',
      'forget --user user-7 --postgres postgres://localhost/app --captures refused',
    ],
    instead: 'the id goes after --job or --user',
    options: {
      job: ['<id>', 'or --user <id>'],
      user: ['<id>', 'or --job <id>'],
      ...queues,
      captures: ['<folder>', 'of captureRefused'],
      'store-prefix': ['<prefix>', 'of redisStore; default: smile-id:'],
      table: ['<name>', 'of postgresStore; default: smile_id_events'],
      json: ['', 'one line of JSON'],
    },
    notes: 'No data is shown. With serialize, call callbacks.forget in your app: it takes deserialize. Effects stay.',
  },
} as const satisfies Readonly<Record<string, Spec>>

export type Command = keyof typeof commands
export const commandNames = Object.keys(commands) as Command[]
export const isCommand = (name: string | undefined): name is Command => commandNames.some((one) => one === name)
export const specOf = (command: Command): Spec => commands[command]

export function help(command?: Command): string {
  if (command === undefined)
    return `Smile ID callbacks without Smile ID.

${commandNames.map((name) => `  express-smile-id ${name.padEnd(10)} ${commands[name].brief}\n`).join('')}
  <command> --help            its options
  --version

The API key is read from SMILE_ID_API_KEY, the partner id from SMILE_ID_PARTNER_ID.
Exit codes: 0 all accepted, 1 something was refused, 2 wrong arguments.
`
  const { does, examples, options, notes } = specOf(command)
  const lines = Object.entries(options).map(([name, [value, text]]) =>
    `  ${`--${name} ${value.replace('…', '')}`.padEnd(23)} ${text.replace('\n', `\n${' '.repeat(26)}`)}`.trimEnd(),
  )
  return `${does}

${examples.map((example) => `  express-smile-id ${example}\n`).join('')}
${[...lines, ...(notes === undefined ? [] : ['', notes])].join('\n')}
`
}
