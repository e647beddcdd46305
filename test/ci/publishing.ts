// What is wrong with the workflows, one line each: what may publish runs nothing that could be tampered with.

interface Step {
  uses?: string
  run?: string | undefined
  with?: Record<string, unknown>
  env?: Record<string, string>
}

interface Job {
  needs?: string | string[]
  uses?: string
  environment?: string
  permissions?: Record<string, string> | string
  steps?: Step[]
}

export interface Workflow {
  on: unknown
  permissions?: Record<string, string> | string
  jobs: Record<string, Job>
}

/** Who may write what. */
const mayWrite: readonly string[] = [
  'release/publish id-token',
  'release/attach contents',
  'codeql/analyze security-events',
  'scorecard/scorecard security-events',
  'scorecard/scorecard id-token',
]

/** All that the job that publishes may run, line by line. */
const harmless =
  /^(?:echo "\$SHA256 {2}\$TARBALL" \| sha256sum --check --strict|if npm stage --help > \/dev\/null 2>&1; then|else|fi|npm (?:stage )?publish "\.\/\$TARBALL"(?: --[a-z-]+(?: public)?)*)$/

/** All workflows, by the names of their files. */
export type Workflows = Record<'test' | 'release' | 'codeql' | 'scorecard', Workflow>

export function mistakesIn(workflows: Workflows): string[] {
  const { release } = workflows
  return [
    ...Object.entries(workflows).flatMap(([name, workflow]) => inWorkflow(name, workflow)),
    ...inPublish(release.jobs['publish']),
    ...inPack(release.jobs),
  ]
}

function inWorkflow(name: string, { on, permissions, jobs }: Workflow): string[] {
  const all = Object.entries(jobs)
  const steps = all.flatMap(([job, { steps = [] }]) => steps.map((step) => ({ job, ...step })))
  const actions = [...all.map(([, { uses }]) => uses), ...steps.map(({ uses }) => uses)].filter(
    (uses) => uses !== undefined,
  )
  return [
    ...(permissions === undefined ? [`${name} says no permissions`] : rights(name, permissions)),
    ...all.flatMap(([job, { permissions: own = {} }]) => rights(`${name}/${job}`, own)),
    ...actions
      .filter((uses) => !uses.startsWith('./') && !/@[0-9a-f]{40}$/.test(uses))
      .map((uses) => `${uses} is not pinned by a commit`),
    ...steps
      .filter((step) => step.uses?.startsWith('actions/checkout@') && step.with?.['persist-credentials'] !== false)
      .map(({ job }) => `${job} keeps credentials in its checkout`),
    ...steps.filter(({ run }) => run?.includes('${{')).map(({ job }) => `${job} puts an expression into a script`),
    ...(/pull_request_target|workflow_run/.exec(JSON.stringify(on)) ?? []).map(
      (trigger) => `${name} runs on ${trigger}`,
    ),
  ]
}

function rights(where: string, permissions: Record<string, string> | string): string[] {
  if (typeof permissions === 'string') return permissions === 'read-all' ? [] : [`${where} grants ${permissions}`]
  return Object.entries(permissions)
    .filter(([what, right]) => right === 'write' && !mayWrite.includes(`${where} ${what}`))
    .map(([what]) => `${where} may write ${what}`)
}

function inPublish(job: Job | undefined): string[] {
  if (!job) return ['there is no job publish']
  const steps = job.steps ?? []
  const lines = steps.flatMap(({ run }) => run?.trim().split('\n') ?? []).map((line) => line.trim())
  const publishing = lines.filter((line) => /^npm (stage )?publish/.test(line))
  const checked = lines.findIndex((line) => line.includes('sha256sum --check --strict'))
  const published = lines.findIndex((line) => publishing.includes(line))
  return [
    ...lines.filter((line) => !harmless.test(line)).map((line) => `publish runs ${line}`),
    ...steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')).map(() => 'publish checks the repository out'),
    ...(checked < 0
      ? ['publish does not compare the digest']
      : checked > published
        ? ['publish does not compare the digest first']
        : []),
    ...(publishing.length === 0 ? ['publish publishes nothing'] : []),
    ...publishing.filter((line) => !line.includes('--provenance')).map(() => 'publish gives no provenance'),
    ...publishing
      .filter((line) => !line.includes('--ignore-scripts'))
      .map(() => 'publish does not pass --ignore-scripts'),
    ...(job.environment === 'npm' ? [] : ['publish has no environment, so nobody approves it']),
    ...(typeof job.permissions === 'object' && job.permissions['id-token'] === 'write'
      ? []
      : ['publish may not prove who it is']),
    ...(job.needs === 'pack' ? [] : ['publish does not wait for the tested tarball']),
  ]
}

function inPack({ test, pack }: Record<string, Job>): string[] {
  const runs = pack?.steps?.map(({ run }) => run ?? '').join('\n') ?? ''
  return [
    ...(test?.uses === './.github/workflows/test.yml' && pack?.needs === 'test'
      ? []
      : ['pack does not wait for the tests']),
    ...(runs.includes('sha256sum') ? [] : ['pack says no digest']),
    ...(/node test\/packaging\/check\.mjs release/.test(runs) ? [] : ['pack does not test its tarball']),
    ...(runs.includes('npm sbom') ? [] : ['pack makes no SBOM']),
  ]
}
