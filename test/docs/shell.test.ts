import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandNames, help, isCommand } from '../../src/cli/help.ts'
import { blocksIn, codesIn, own, pages, placeOf, prose, rowsUnder } from './readme.ts'

const { scripts } = JSON.parse(readFileSync(own('package.json'), 'utf8')) as { scripts: Record<string, string> }

/** Every command that the page names: lines of shell blocks, and code in the text. */
const lines = blocksIn('sh').flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
const commands = [...lines, ...codesIn(prose)].flatMap((line) => line.split(/ && | \| |; /))

const startingWith = (start: string) =>
  commands.filter((command) => command.startsWith(start)).map((command) => command.slice(start.length))

describe('shell', () => {
  test.skipIf(process.platform === 'win32').each(blocksIn('sh').map((block) => [placeOf(block), block.code]))(
    '%s can be parsed',
    (_, code) => {
      // In the one locale that every machine has: bash warns of others.
      const env = { ...process.env, LC_ALL: 'C' }
      expect(spawnSync('bash', ['-n'], { input: code, encoding: 'utf8', env })).toMatchObject({ status: 0, stderr: '' })
    },
  )

  test('scripts of npm run exist', () => {
    const named = startingWith('npm run ').map((rest) => rest.split(' ')[0] ?? '')
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  test('files that node and bash are to run exist', () => {
    const named = (start: string, from: readonly string[]) =>
      from
        .filter((command) => command.startsWith(start))
        .map(
          (command) =>
            command
              .slice(start.length)
              .split(' ')
              .find((word) => !word.startsWith('-')) ?? '',
        )
    const runs = (code: readonly string[]) => [...named('node ', code), ...named('bash ', code)]
    // A page of an example says what to run in a copy of its own folder.
    const beside = blocksIn('sh')
      .filter(({ file }) => file.startsWith('examples/'))
      .flatMap(({ file, code }) => runs(code.split('\n')).map((path) => `${dirname(file)}/${path}`))
    const isBeside = (path: string) => beside.some((one) => one.endsWith(`/${path}`) && existsSync(own(one)))
    expect(runs(commands).length).toBeGreaterThan(3)
    expect(runs(commands).filter((path) => path !== 'server.mjs' && !existsSync(own(path)) && !isBeside(path))).toEqual(
      [],
    )
    expect(
      beside.filter((path) => !existsSync(own(path)) && !existsSync(own(path.replace(/^examples\/[^/]+\//, '')))),
    ).toEqual([])
  })
})

describe('the command line', () => {
  const ours = [...startingWith('npx express-smile-id '), ...startingWith('express-smile-id ')].filter(
    (rest) => !rest.startsWith('<'),
  )
  const flagsOf = (text: string) => text.match(/--[a-z][\w-]*/g) ?? []
  const isKnown = (command: string, flag: string) =>
    isCommand(command) && new RegExp(`${flag}(?![\\w-])`).test(help(command))

  test.each(ours)('%s', (rest) => {
    const command = rest.split(' ')[0] ?? ''
    expect(isCommand(command)).toBe(true)
    expect(flagsOf(rest).filter((flag) => !isKnown(command, flag))).toEqual([])
  })

  test('the table names every command, and only options that are there', () => {
    const rows = rowsUnder('src/cli/README.md', '# Command line').map(([start = '', what = '']) => ({
      command: codesIn(start)[0]?.split(' ')[0] ?? '',
      flags: flagsOf(start + what),
    }))
    expect(rows.map(({ command }) => command).sort()).toEqual([...commandNames].sort())
    expect(rows.flatMap(({ command, flags }) => flags.filter((flag) => !isKnown(command, flag)))).toEqual([])
    expect(rows.flatMap(({ flags }) => flags).length).toBeGreaterThan(15)
  })

  test('every other option that a page for users names is one of some command, or of npm and curl', () => {
    // test/cli/usage.test.ts compares the page of all options with each command.
    const forUsers = pages
      .filter(({ file }) => !file.startsWith('test/') && file !== 'src/cli/commands.md')
      .map((page) => page.prose)
      .join('\n')
    const named = codesIn(forUsers)
      .filter((code) => /^--[a-z]/.test(code))
      .flatMap(flagsOf)
    const known = (flag: string) =>
      flag === '--help'
      || ['send', 'inspect', 'listen', 'reconcile', 'dead', 'effects', 'forget'].some((command) =>
        isKnown(command, flag),
      )
    expect(named.filter((flag) => !known(flag))).toEqual([])
  })
})
