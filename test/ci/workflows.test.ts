import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mistakesIn, type Workflow, type Workflows } from './publishing.ts'
import { parse } from 'yaml'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n')

const texts = (...names: (keyof Workflows)[]) =>
  Object.fromEntries(names.map((name) => [name, read(`.github/workflows/${name}.yml`)])) as Record<
    keyof Workflows,
    string
  >
const workflows = texts('test', 'release', 'codeql', 'scorecard')
const script = read('.ci/run')
const manifest = JSON.parse(read('package.json')) as {
  engines: { node: string }
  scripts: Record<string, string>
  publishConfig: object
}

const numbers = (text: string | undefined): number[] => (text?.match(/\d+/g) ?? []).map(Number)

/** The text of one job. */
const job = (workflow: string, name: string): string =>
  new RegExp(`^  ${name}:\\n((?:    .*\\n|\\n| {2}#.*\\n)*)`, 'm').exec(workflow)?.[1] ?? ''

describe('the workflows do what .ci/run does', () => {
  test('one job runs the script itself, with both services', () => {
    const everything = job(workflows.test, 'everything')
    expect(everything).toContain('run: bash .ci/run\n')
    expect(everything).toContain('redis-server')
    expect(everything).toContain('image: postgres')
  })

  test('every supported Node is tested, here, there and by the packed package', () => {
    const matrix = numbers(/^ +node: \[(.*)\]$/m.exec(workflows.test)?.[1])
    expect(matrix).toEqual(numbers(/const nodes = \[(.*)\]/.exec(read('test/packaging/check.mjs'))?.[1]))
    expect(matrix[0]).toBe(numbers(manifest.engines.node)[0])
    // The oldest is the one that the script itself runs on.
    expect(numbers(/^nodes=\((.*)\)$/m.exec(script)?.[1])).toEqual(matrix.slice(1))
    expect(job(workflows.test, 'everything')).toContain(`node-version: ${matrix[0] ?? ''}\n`)
  })

  test('scripts that workflows and .ci/run call are there', () => {
    const called = [
      ...`${workflows.test}${workflows.release}${script}`.matchAll(/npm run (?:--silent )?([\w:]+)/g),
    ].map(({ 1: name = '' }) => name)
    expect(called.length).toBeGreaterThan(8)
    expect(called.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([])
  })
})

describe('a release', () => {
  const parsed = () =>
    Object.fromEntries(Object.entries(workflows).map(([name, text]) => [name, parse(text) as Workflow])) as Workflows

  test('no workflow is left out', () => {
    expect(readdirSync(new URL('../../.github/workflows/', import.meta.url)).sort()).toEqual(
      Object.keys(workflows)
        .map((name) => `${name}.yml`)
        .sort(),
    )
  })

  test('is published only after all tests, from their tarball, with provenance and without a token', () => {
    expect(mistakesIn(parsed())).toEqual([])
    expect(existsSync(new URL('../../.github/workflows/test.yml', import.meta.url))).toBe(true)
    expect(workflows.test).toMatch(/^ {2}workflow_call:$/m)
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
    expect(Object.values(workflows).join('')).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/)
  })

  // Each damage to a good workflow is seen.
  type Steps = NonNullable<Workflow['jobs'][string]['steps']>
  const publishSteps = ({ release }: ReturnType<typeof parsed>) => release.jobs['publish']!.steps!
  test.each<[string, (all: ReturnType<typeof parsed>) => unknown, string]>([
    [
      'an install in the job that publishes',
      (all) => publishSteps(all).splice(1, 0, { run: 'npm ci' }),
      'publish runs npm ci',
    ],
    [
      'an install of another name',
      (all) => publishSteps(all).push({ run: 'npm install -g npm@latest' }),
      'publish runs npm install',
    ],
    ['a build', (all) => publishSteps(all).push({ run: 'npm run build' }), 'publish runs npm run'],
    ['a test', (all) => publishSteps(all).push({ run: 'npm test' }), 'publish runs npm test'],
    ['npx', (all) => publishSteps(all).push({ run: 'npx something' }), 'publish runs npx'],
    [
      'a script of the package',
      (all) => publishSteps(all).push({ run: 'node test/packaging/check.mjs' }),
      'publish runs node',
    ],
    [
      'a checkout',
      (all) => publishSteps(all).unshift({ uses: `actions/checkout@${'0'.repeat(40)}` }),
      'publish checks the repository out',
    ],
    [
      'another package manager',
      (all) => publishSteps(all).push({ run: 'corepack enable && pnpm i' }),
      'publish runs corepack',
    ],
    [
      'scripts of the tarball',
      (all) => (publishSteps(all).at(-1)!.run = 'npm publish "./$TARBALL" --provenance'),
      'publish does not pass --ignore-scripts',
    ],
    ['no digest', (all) => publishSteps(all).splice(1, 1), 'publish does not compare the digest'],
    ['the digest after publishing', (all) => publishSteps(all).reverse(), 'publish does not compare the digest first'],
    ['no approval', (all) => delete all.release.jobs['publish']!.environment, 'publish has no environment'],
    [
      'no provenance',
      (all) => (publishSteps(all).at(-1)!.run = 'npm publish "./$TARBALL" --ignore-scripts'),
      'publish gives no provenance',
    ],
    ['not after the tests', (all) => delete all.release.jobs['pack']!.needs, 'pack does not wait for the tests'],
    [
      'an action without its pin',
      (all) => (all.test.jobs['matrix']!.steps![0]!.uses = 'actions/checkout@v4'),
      'actions/checkout@v4 is not pinned',
    ],
    [
      'a scan without its pin',
      (all) => (all.codeql.jobs['analyze']!.steps![1]!.uses = 'github/codeql-action/init@v4'),
      'github/codeql-action/init@v4 is not pinned',
    ],
    [
      'a scan that may write more',
      (all) => (all.scorecard.jobs['scorecard']!.permissions = { contents: 'write' }),
      'scorecard/scorecard may write contents',
    ],
    [
      'an action pinned by a short commit',
      (all) => ((all.release.jobs['pack']!.steps as Steps)[0]!.uses = 'actions/checkout@11bd719'),
      'actions/checkout@11bd719 is not pinned',
    ],
    ['a wider permission for all', (all) => (all.release.permissions = 'write-all'), 'release grants write-all'],
    [
      'a wider permission for one',
      (all) => (all.test.jobs['everything']!.permissions = { contents: 'write' }),
      'test/everything may write contents',
    ],
    [
      'one more right for the job that publishes',
      (all) => (all.release.jobs['publish']!.permissions = { 'id-token': 'write', contents: 'write' }),
      'release/publish may write contents',
    ],
    [
      'no identity for the provenance',
      (all) => delete all.release.jobs['publish']!.permissions,
      'publish may not prove who it is',
    ],
    ['no permissions said', (all) => delete all.test.permissions, 'test says no permissions'],
    [
      'credentials that stay in the checkout',
      (all) => delete all.test.jobs['matrix']!.steps![0]!.with,
      'matrix keeps credentials',
    ],
    [
      'no SBOM',
      (all) => all.release.jobs['pack']!.steps!.forEach((step) => (step.run = step.run?.replace('npm sbom', 'true'))),
      'pack makes no SBOM',
    ],
    [
      'a title in a script',
      (all) => all.test.jobs['matrix']!.steps!.push({ run: 'echo "${{ github.event.pull_request.title }}"' }),
      'matrix puts an expression into a script',
    ],
    [
      'a trigger that lends secrets to strangers',
      (all) => (all.test.on = { pull_request_target: null }),
      'test runs on pull_request_target',
    ],
  ])('%s', (_, damage, mistake) => {
    const all = parsed()
    damage(all)
    expect(mistakesIn(all)).toEqual(expect.arrayContaining([expect.stringContaining(mistake)]))
  })

  test('dependencies are updated with a delay, and none is younger than a few days', () => {
    const { updates } = parse(read('.github/dependabot.yml')) as {
      updates: { 'package-ecosystem': string; cooldown?: { 'default-days'?: number } }[]
    }
    expect(updates.map((one) => one['package-ecosystem']).sort()).toEqual(['github-actions', 'npm'])
    expect(updates.filter(({ cooldown }) => (cooldown?.['default-days'] ?? 0) < 3)).toEqual([])
    expect(read('.npmrc')).toMatch(/^min-release-age=[3-9]$/m)
  })
})
