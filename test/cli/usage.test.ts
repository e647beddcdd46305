import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { commandNames, commands } from '../../src/cli/help.ts'
import { rowsUnder } from '../docs/readme.ts'
import { temporaryFolder } from './temporary.ts'
import { env, run } from './support.ts'

const to = '--to http://127.0.0.1:9/smile-id'

describe('help', () => {
  test('of the whole, and of each command, is an answer', async () => {
    const whole = await run('--help')
    expect(whole).toMatchObject({ code: 0, err: '' })
    for (const name of commandNames) {
      expect(whole.out).toContain(`express-smile-id ${name}`)
      const own = await run(`${name} --help`)
      expect(own).toMatchObject({ code: 0, err: '' })
      // What explains, and what looks into a queue, works without an account.
      expect(own.out.includes('--partner-id')).toBe(!['explain', 'dead', 'effects', 'forget'].includes(name))
      expect((await run(`help ${name}`)).out).toBe(own.out)
    }
  })

  test('of a command has its sentence, its examples, its options with the form of their values, and a note', async () => {
    expect((await run('effects --help')).out).toMatchInlineSnapshot(`
      "Forgets the effects that an event had under inTransaction, or those of a verdict.

        express-smile-id effects forget 0123456789abcdef0123456789abcdef --postgres postgres://localhost/app

        --postgres <url>        default: DATABASE_URL. A password is safer there than in a process list
        --table <name>          default: smile_id_effects

      After a verdict_conflict: forget the event that is wrong, once what it did is undone. The log line names both.
      "
    `)
  })

  test('lists the commands in two columns', async () => {
    const { out } = await run('--help')
    const lines = out.split('\n').filter((line) => line.startsWith('  express-smile-id '))
    expect(lines).toHaveLength(commandNames.length)
    const briefs = rowsUnder('src/cli/commands.md', '# Commands and their options')
    expect(briefs.map(([name]) => name)).toEqual(commandNames.map((name) => `\`${name}\``))
    for (const [index, [, brief = '-']] of briefs.entries()) expect(lines[index]).toMatch(new RegExp(` ${brief}$`))
    expect(new Set(lines.map((line) => /^ {2}express-smile-id \w+ +/.exec(line)?.[0].length)).size).toBe(1)
  })

  test('explains each option of a command, and names no other', () => {
    const rowsOf = (section: string) =>
      rowsUnder('src/cli/commands.md', `## ${section}`).map(([form = '', meaning = '']) => {
        expect(meaning).not.toBe('')
        return /^`--([\w-]+)/.exec(form)?.[1]
      })
    const shared = rowsOf('Several commands')
    for (const name of commandNames) {
      const options = Object.keys(commands[name].options)
      const own = rowsOf(name)
      expect({ name, unknown: own.filter((one) => !options.includes(one ?? '')) }).toEqual({ name, unknown: [] })
      expect({ name, missing: options.filter((one) => ![...own, ...shared].includes(one)) }).toEqual({
        name,
        missing: [],
      })
    }
    const taken = commandNames.map((name) => Object.keys(commands[name].options))
    expect(shared.filter((one) => taken.filter((options) => options.includes(one ?? '')).length < 2)).toEqual([])
  })

  test('without a command is shown, and is no success', async () => {
    expect(await run('')).toMatchObject({ code: 2, out: (await run('--help')).out })
  })

  test('the version is that of the package', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' })
  })
})

describe('wrong arguments end with 2, say what is wrong, and do nothing', () => {
  test.each([
    ['sned', 'There is no command "sned".'],
    ['sned', 'Did you mean send?'],
    ['inspekt', 'Did you mean inspect?'],
    ['send', '--to is missing'],
    ['send --to nonsense', '--to has to be a whole URL'],
    ['send --to ftp://localhost/', '--to has to begin with http'],
    ['send --to http://example.com/', 'example.com is not this machine. If that is intended, add --allow-remote.'],
    ['send --to http://127.0.0.1.example.com/', 'is not this machine'],
    [`send ${to} --unknown`, "Unknown option '--unknown'"],
    [`send ${to} http://localhost`, 'send takes no "http://localhost"'],
    [`send ${to} --product pasport`, '--product has to be one of: biometric_kyc'],
    [`send ${to} --outcome good`, '--outcome has to be one of: approved'],
    [`send ${to} --generation v2`, '--generation has to be one of: v1, v3.'],
    [
      `send ${to} --product business_verification --generation v3`,
      'Smile ID sends no approved callback of business_verification in v3. It sends: approved (v1)',
    ],
    [`send ${to} --story --outcome provisional`, '--outcome must be final'],
    [`send ${to} --param order`, '--param has to be key=value.'],
    [`send ${to} --repeat 0`, '--repeat has to be a whole number above 0.'],
    [`send ${to} --repeat 1.5`, '--repeat has to be a whole number above 0.'],
    [`send ${to} --rate fast`, '--rate has to be a number above 0.'],
    [`send ${to} --size huge`, '--size must be a number of bytes'],
    [`send ${to} --size 10`, '--size is smaller than the callback itself'],
    [`send ${to} --from /nowhere`, '/nowhere cannot be read.'],
    [`send ${to} --credentials /nowhere`, '/nowhere cannot be read as JSON.'],
    ['inspect', 'inspect takes one capture'],
    ['inspect /nowhere', '/nowhere cannot be read.'],
    ['inspect -', 'The capture is empty.'],
    ['explain', 'explain takes one code or cause'],
    ['explain signature_mismach', 'Did you mean signature_mismatch?'],
    ['explain partner-id-zeroes', 'Did you mean partner_id_zeros?'],
    ['explain xyzzy', 'There is no code or cause of this name. A code is'],
    ['listen --port many', '--port has to be a whole number'],
    ['listen --host 0.0.0.0', 'If that is intended, add --allow-remote.'],
    ['listen --save /dev/null/x', '/dev/null/x cannot be made.'],
  ])('%s', async (args, message) => {
    const { code, out, err } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toContain('--help')
  })

  test.each([
    [{}, 'Partner id and API key are missing'],
    [{ SMILE_ID_PARTNER_ID: '085' }, 'The API key is missing'],
    [{ SMILE_ID_API_KEY: 'k' }, 'The partner id is missing'],
  ])('credentials %j', async (env, message) => {
    for (const command of [`send ${to}`, 'listen --port 0', 'inspect -']) {
      const { code, err } = await run(command, { env, readStdin: () => Promise.resolve('{"ResultCode":"0810"}') })
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
    }
  })

  test('a credentials file says nothing of what is in it', async () => {
    const file = `${await temporaryFolder()}/credentials.json`
    for (const text of ['{"partnerId":"085","apiKey":CANARY', '[]', '{"partnerId":85,"apiKey":"CANARY"}']) {
      await writeFile(file, text)
      const { code, err } = await run(`send ${to} --credentials ${file}`)
      expect(code).toBe(2)
      expect(err).not.toContain('CANARY')
    }
  })
})

test('the key is never printed, whatever is wrong', async () => {
  const runs = await Promise.all(
    [`send ${to}`, `send ${to} --json`, 'send', `send ${to} --size 1`, 'inspect /nowhere'].map((args) => run(args)),
  )
  for (const { out, err } of runs) expect(out + err).not.toContain(env.SMILE_ID_API_KEY)
})

describe('--env-file', () => {
  const withFile = async (text: string, use: (file: string) => Promise<void>) => {
    const file = `${await temporaryFolder()}/.env`
    await writeFile(file, text)
    await use(file)
  }
  const sent = (file: string, env: Record<string, string> = {}) =>
    run(`send --to http://127.0.0.1:1/smile-id --env-file ${file}`, { env })

  test('has the credentials, and the environment wins', () =>
    withFile('SMILE_ID_PARTNER_ID=085\nSMILE_ID_API_KEY="a key"\n', async (file) => {
      expect((await sent(file)).code).toBe(1)
      expect((await sent(file, { SMILE_ID_API_KEY: '' })).err).toContain('The API key is missing')
    }))

  test('that lacks one of them, or cannot be read', () =>
    withFile('SMILE_ID_PARTNER_ID=085\n', async (file) => {
      expect(await sent(file)).toMatchObject({ code: 2, err: expect.stringContaining('API key is missing') as string })
      expect(await sent(`${file}.not`)).toMatchObject({
        code: 2,
        err: expect.stringContaining('cannot be read') as string,
      })
    }))
})
