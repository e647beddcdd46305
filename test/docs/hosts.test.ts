import { expect, test } from 'vitest'
import { pages } from './readme.ts'

const { hosts, table } = (await import(new URL('../hosts/hosts.mjs', import.meta.url).href)) as {
  hosts: { name: string; start?: string[] }[]
  table: () => string
}
const textOf = (name: string) => pages.find(({ file }) => file === name)?.text ?? ''

test('the page of hosts shows the hosts that are tried, with the versions of their lock files', () => {
  expect(textOf('test/hosts/README.md')).toContain(table())
})

test('it names the permissions with which Deno is tried, and no others', () => {
  const tried = hosts.find(({ name }) => name === 'deno')?.start?.filter((arg) => arg.startsWith('--allow')) ?? []
  expect(/deno run ((?:--allow-\w+ ?)+)/.exec(textOf('src/doors/README.md'))?.[1]?.split(' ')).toEqual(tried)
})
