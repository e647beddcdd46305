import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node'

// Not UTC, as on the machines of most users: a time that is read as local shows.
process.env['TZ'] ??= 'Africa/Lagos'

// Workers write to it: see missing.mjs. Each project reads this module anew.
const noted = (process.env['MISSING_FILE'] ??= join(tmpdir(), `express-smile-id-missing-${randomUUID()}`))
process.once('exit', () => rmSync(noted, { force: true }))

/** Says in one line what was skipped, and without what. */
const skipped: Reporter = {
  onTestRunEnd(modules) {
    const what = existsSync(noted) ? [...new Set(readFileSync(noted, 'utf8').trim().split('\n'))].sort() : []
    const tests = modules.reduce((sum, { children }) => sum + [...children.allTests('skipped')].length, 0)
    if (what.length > 0) process.stdout.write(`skipped without ${what.join(', ')}: ${tests} tests\n\n`)
  },
}

/** Common to all configurations: prints what fails, and nothing else. */
export const quiet = {
  reporters: ['minimal', ...(process.env['GITHUB_ACTIONS'] === 'true' ? ['github-actions'] : []), skipped],
  silent: 'passed-only' as const,
  // Node prints them past the reporter; a test that waits for one listens.
  execArgv: ['--no-warnings'],
}

/** Files that wait longest: one that comes last would be waited for alone. */
const longest = [
  'examples/examples',
  'services/snippets-restart',
  'services/redis-failover',
  'services/effects-killed',
  'hostile/hosting',
  'services/dead-letters',
  'services/pg-boss-slots',
  'services/inbox-restart',
  'services/effects-stories',
  'conformance/',
  'hostile/',
  'once/guarantees',
  'payload/no-path-to-approved',
  'services/',
  'docs/',
  'cli/',
]

/** Runs the files of these parts first, in their order. */
export function inOrder(parts: readonly string[]): typeof BaseSequencer {
  const place = ({ moduleId }: TestSpecification): number => {
    const at = parts.findIndex((part) => moduleId.replaceAll('\\', '/').includes(`/test/${part}`))
    return at < 0 ? parts.length : at
  }
  return class extends BaseSequencer {
    override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return Promise.resolve([...files].sort((a, b) => place(a) - place(b)))
    }
  }
}

export const LongestFirst = inOrder(longest)
