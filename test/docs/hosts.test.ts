import { expect, test } from 'vitest'
import { pages } from './readme.ts'

test('the page of hosts shows the hosts that are tried, with the versions of their lock files', async () => {
  const { table } = (await import(new URL('../hosts/hosts.mjs', import.meta.url).href)) as { table: () => string }
  expect(pages.find(({ file }) => file === 'src/doors/HOSTS.md')?.text).toContain(table())
})
