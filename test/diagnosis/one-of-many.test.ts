import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// Node takes NODE_UNIQUE_ID away before it runs a worker's code: only a real cluster shows it. pm2: test/hosts/pm2.
test('a worker of node:cluster hears that the default store is for one process alone', () => {
  const script = fileURLToPath(new URL('one-of-many.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' })
  const said = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[])
  expect(said.sort(), stderr).toEqual([['default', 'memory_store_many_processes'], ['given']])
})
