export const commandNames = [
  'send',
  'inspect',
  'explain',
  'doctor',
  'reconcile',
  'listen',
  'ui',
  'dead',
  'effects',
  'forget',
] as const
export type Command = (typeof commandNames)[number]

export const isCommand = (name: string | undefined): name is Command => commandNames.some((one) => one === name)

const overview = `Smile ID callbacks without Smile ID.

  express-smile-id send     post signed callbacks to a receiver
  express-smile-id inspect  explain why a captured callback was accepted or refused
  express-smile-id explain  explain a code or a cause, with the fix
  express-smile-id doctor   find what stands between Smile ID and your receiver
  express-smile-id reconcile  ask Smile ID about jobs whose callbacks never came
  express-smile-id listen   receive and show callbacks, without writing code
  express-smile-id ui       a page beside an app in development: what comes, and why it is refused
  express-smile-id dead     events whose handlers failed every time: list, handle again, drop
  express-smile-id effects  lets a verdict have its effect again, after a conflict
  express-smile-id forget   deletes what queue, store and captures hold of a job or a user

  <command> --help          its options
  --version

The API key is read from SMILE_ID_API_KEY, the partner id from SMILE_ID_PARTNER_ID.
Exit codes: 0 all accepted, 1 something was refused, 2 wrong arguments.
`

const credentials = `  --partner-id <id>       default: SMILE_ID_PARTNER_ID; leading zeros count
  --api-key <key>         default: SMILE_ID_API_KEY, which shows in no list of processes
  --env-file <file>       read both from lines such as those of .env
  --credentials <file>    instead: JSON, {"partnerId","apiKey","environment"?,"label"?} or a list of them
`

const texts: Record<Command, string> = {
  send: `Posts callbacks, signed as Smile ID signs them.

  express-smile-id send --to http://localhost:3000/smile-id --product document_verification --outcome rejected

  --to <url>              the receiver; another machine needs --allow-remote
  --product <name>        such as biometric_kyc; default: document_verification
  --outcome <name>        approved, rejected, provisional, attention, error, unknown,
                          or id_info, smile_secure, monitoring; default: approved
  --generation <v1|v3>    default: v3 if the product has it
  --code <code>           a v1 ResultCode
  --reason <reason>       a v3 reason
  --id-step <step>        passed, failed or error, for id_info
  --job-id <id>           default: a new job
  --param <key=value>     a partner param; may be repeated
  --story                 the whole job: ID look-up, under review, final
  --from <file|folder>    instead: captures of listen --save, signed again
  --as-is                 with --from: exactly as captured, with the old signature

  --repeat <n>            each delivery n times, signed again as in a retry
  --shuffle               in any order; --seed <n> for the same order again
  --rate <n>              n per second; default: one after the other
  --size <size>           pad the body, such as to 1.4mb

${credentials}  --json                  one line of JSON per delivery, and one for all
  --allow-remote
`,
  inspect: `Shows step by step how the router would answer a captured callback, and why.

  express-smile-id inspect capture.json
  pbpaste | express-smile-id inspect -

It reads a capture of listen --save or captureRefused, {"method"?,"headers","body","clientIp"?,"receivedAt"?}; a log line or
a report of this library; a raw HTTP request; a curl command; HAR; or the body of a callback alone.

${credentials}  --at <time>             judge the signature's age at this time; default: the time of arrival, else now
  --allow-ip <address>    allowed sender; may be repeated; default: the published addresses
  --no-address-check
  --show-data             show identity data, which is masked otherwise
  --json                  for programs
`,
  explain: `Explains what happened, why, and the fix. Works offline.

  express-smile-id explain signature_mismatch

  <word>                  a code from the log or the answer, or a cause named by inspect or the log
  --json                  for programs
`,
  doctor: `Posts signed, forged and large deliveries to your receiver, and finds obstacles for callbacks.

  express-smile-id doctor --url http://localhost:3000/smile-id

  --url <url>             the receiver; another machine needs --allow-remote
${credentials}  --json                  for programs
  --allow-remote

No handler is called: the deliveries are genuine, but not callbacks. onUnrecognized is called.
`,
  reconcile: `Prints Smile ID's answer about each job, such as after an outage. Without --replay and --deliver-to it changes nothing.

  express-smile-id reconcile --jobs jobs.csv

  --jobs <file>           CSV with a first line generation,job_id,user_id; - for standard input
  --environment <name>    production or sandbox; default: production
  --replay                asks for another delivery of v3 callbacks, to the job's own URL
  --deliver-to <url>      posts v1 answers to a receiver, signed as callbacks
  --concurrency <n>       jobs asked about at once; default: 4
  --base-url <url>        replaces Smile ID's servers

${credentials}  --json                  one line of JSON per job, and one for all
  --allow-remote          allows another machine for --deliver-to

Exit codes: 0 each job has an answer, 1 some have none or were refused, 2 wrong arguments.
`,
  listen: `Receives callbacks and shows them, refusals with their likely cause.

  express-smile-id listen --port 3000

  --port <n>              default: 3000; 0 for any free one
  --host <address>        default: 127.0.0.1; another needs --allow-remote
  --ui                    a page that shows deliveries, and sends more
  --save <folder>         keep each delivery as a file, for inspect and send --from. They hold identity data
${credentials}  --show-data             show identity data, which is masked otherwise
  --json                  one line of JSON per delivery
  --allow-remote

Accepts every path and every sender: behind a tunnel all come from this machine.
`,
  ui: `Shows the deliveries to an app in development on a page, and sends more.

  express-smile-id ui --app http://localhost:3000/smile-id

  --app <url>             the receiver; another machine needs --allow-remote
  --port <n>              port that passes deliveries on; default: any free one
${credentials}  --allow-remote

The page is on this machine only, behind a token in its URL. Identity data is masked until you ask for it.
`,
  dead: `Lists, redrives or drops the events whose handlers failed on every attempt.

  express-smile-id dead list --redis redis://localhost:6379
  express-smile-id dead redrive 0123456789abcdef0123456789abcdef --postgres postgres://localhost/app
  express-smile-id dead drop --all --redis redis://localhost:6379

  --redis <url>           of BullMQ; default: REDIS_URL
  --postgres <url>        of pg-boss; default: DATABASE_URL. A password is safer there than in a process list
  --queue <name>          default: smile-id
  --prefix <prefix>       of BullMQ's keys; default: bull
  --schema <schema>       of pg-boss; default: pgboss
  --dead-letter <queue>   of pg-boss; default: <queue>-dead
  --all                   with redrive and drop: all of them
  --json                  with list: one line of JSON per event

No payload is shown.
`,
  effects: `Forgets the effects that an event had under inTransaction, or those of a verdict.

  express-smile-id effects forget 0123456789abcdef0123456789abcdef --postgres postgres://localhost/app

  --postgres <url>        default: DATABASE_URL. A password is better there than in a list of processes
  --table <name>          default: smile_id_effects

After a verdict_conflict: forget the event that is wrong, once what it did is undone. The log line names both.
`,
  forget: `Deletes what queue, dead letters, store and captures hold of a job or a user, and counts it.

  express-smile-id forget --job job-1 --redis redis://localhost:6379
  express-smile-id forget --user user-7 --postgres postgres://localhost/app --captures refused

  --job <id>              or --user <id>
  --redis <url>           of BullMQ and redisStore; default: REDIS_URL
  --postgres <url>        of pg-boss and postgresStore; default: DATABASE_URL. A password is safer there
  --captures <folder>     of captureRefused
  --queue <name>          default: smile-id
  --prefix <prefix>       of BullMQ's keys; default: bull
  --schema <schema>       of pg-boss; default: pgboss
  --dead-letter <queue>   of pg-boss; default: <queue>-dead
  --store-prefix <prefix> of redisStore; default: smile-id:
  --table <name>          of postgresStore; default: smile_id_events
  --json                  one line of JSON

No data is shown. With serialize, call callbacks.forget in your app: it takes deserialize. Effects stay.
`,
}

export const help = (command?: Command): string => (command === undefined ? overview : texts[command])
