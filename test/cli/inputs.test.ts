import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect as nodeInspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readInput } from '../../src/cli/inspect/read/input.ts'
import { v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { run } from './support.ts'
import { temporaryFolder } from './temporary.ts'

const { headers, body } = v3Delivery()
const pairs = Object.entries(headers)
const named = pairs.map(([name, value]) => ({ name, value }))
const lists = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), [value]]))
const raw = [
  'POST /smile-id HTTP/1.1',
  'Host: example.test',
  ...pairs.map(([name, value]) => `${name}: ${value}`),
  '',
  body,
].join('\r\n')
const base64 = Buffer.from(body).toString('base64')
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const curlHeaders = pairs.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`).join(' \\\n  ')
const sourceIp = '52.36.32.43'

const forCmd = (text: string) => text.replaceAll('"', '\\"').replace(/[^\w\s:=+~'/.,?;()*-]/g, '^$&')

const inspected = (input: object | string, args = '') =>
  run(`inspect - --json --at 2026-10-14T09:00:00Z ${args}`, {
    readStdin: () => Promise.resolve(typeof input === 'string' ? input : JSON.stringify(input)),
  })

/** False where `JSON.stringify` calls itself for each level. */
function canWrite(value: unknown): boolean {
  try {
    JSON.stringify(value)
    return true
  } catch {
    return false
  }
}

describe('inspect reads what people have', () => {
  test.each<[string, object | string]>([
    [
      'a curl command',
      `curl -X POST 'https://example.test/smile-id' \\\n  ${curlHeaders} \\\n  --data-raw ${quoted(body)}`,
    ],
    [
      'a curl command as browsers copy it',
      `curl 'https://example.test/smile-id' ${curlHeaders} --compressed -m 5 --data-binary $'${body.replaceAll('"', '\\u0022')}'`,
    ],
    [
      'a curl command with double quotes',
      `$ curl https://example.test ${pairs.map(([name, value]) => `--header="${name}: ${value}"`).join(' ')} -d "${body.replaceAll('"', '\\"')}"`,
    ],
    [
      'HAR',
      {
        log: {
          version: '1.2',
          entries: [
            { startedDateTime: '2026-10-14T09:00:00Z', request: { method: 'GET', url: '/', headers: [] } },
            {
              startedDateTime: '2026-10-14T09:00:00Z',
              request: {
                method: 'POST',
                url: 'https://example.test',
                headers: named,
                postData: { mimeType: 'application/json', text: body },
              },
              response: { status: 401 },
            },
          ],
        },
      },
    ],
    [
      'HAR with base64',
      {
        log: {
          entries: [{ request: { method: 'POST', headers: named, postData: { text: base64, encoding: 'base64' } } }],
        },
      },
    ],
    ['a list of { name, value }', { headers: named, body }],
    [
      'compressed bytes',
      {
        headers: { ...headers, 'Content-Encoding': 'gzip' },
        body: gzipSync(body).toString('base64'),
        bodyEncoding: 'base64',
      },
    ],
    ['a v1 body alone', v1Delivery().body],
    [
      'a curl command of cmd.exe',
      `curl --request POST ^"https://example.test/smile-id^" ^\n${pairs.map(([name, value]) => `  -H ^"${forCmd(`${name}: ${value}`)}^" ^\n`).join('')}  --data-raw ^"${forCmd(body)}^"`,
    ],
    [
      'a curl command of PowerShell',
      `curl.exe https://example.test \`\n ${pairs.map(([name, value]) => `-H '${name}: ${value}'`).join(' `\n ')} \`\n -d ${quoted(body)}`,
    ],
    [
      'a curl command with short options in one word',
      `curl -sSXPOST https://example.test ${curlHeaders} -sd ${quoted(body)} | jq .`,
    ],
    [
      'curl commands, one a line',
      `curl https://example.test -d x\n$ curl https://example.test ${curlHeaders} -d ${quoted(body)}\ncurl https://example.test -d y`,
    ],
    [
      'a raw request in chunks',
      `POST /smile-id HTTP/1.1\r\n${pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Transfer-Encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
    ],
    [
      'a raw request with its answer',
      `${raw.replace('Host:', `Content-Length: ${body.length}\r\nHost:`)}\r\n\r\nHTTP/1.1 401 Unauthorized\r\n\r\n{}`,
    ],
  ])('%s', async (_name, input) => {
    const { out, code } = await inspected(input)
    expect(JSON.parse(out)).toMatchObject({ status: 200, code: 'accepted' })
    expect(code).toBe(0)
  })

  test('the sender and the time are found', () => {
    const receivedAt = '2026-10-14T09:00:00.000Z'
    expect(readInput(JSON.stringify({ headers: lists, body, clientIp: sourceIp, receivedAt }))).toMatchObject({
      capture: { clientIp: sourceIp, receivedAt: new Date(receivedAt) },
    })
  })

  test('a capture that says its time as a body is not taken for its sender', () => {
    expect(readInput(JSON.stringify({ headers, body }))).toEqual({ capture: { method: 'POST', headers, body } })
  })
})

test('a file in UTF-16, as Windows writes it', async () => {
  const file = join(await temporaryFolder(), 'capture.json')
  await writeFile(file, `\uFEFF${JSON.stringify({ method: 'POST', headers, body })}`, 'utf16le')
  expect((await run(`inspect ${file} --at 2026-10-14T09:00:00Z`)).code).toBe(0)
})

describe('a report of the receiver', () => {
  const line = `signature_mismatch status=401 passed=admitted generation=v3 clientIp=${sourceIp} a hint express-smile-id explain signature_mismatch`
  const report = {
    code: 'signature_mismatch',
    status: 401,
    durationMs: 1.5,
    stages: [{ name: 'admitted', atMs: 0.2 }],
    generation: 'v3',
    clientIp: sourceIp,
    hint: 'a hint',
  }

  test.each<[string, object | string]>([
    ['itself', report],
    [
      'a pino line',
      { level: 40, time: 1, pid: 1, hostname: 'x', ...report, msg: 'express-smile-id: signature_mismatch. a hint' },
    ],
    ['below a key', { level: 'warn', message: 'x', meta: report }],
    ['a log of Docker', { log: `express-smile-id: ${line}\n`, stream: 'stderr' }],
    ['Google Cloud, as text', { textPayload: `express-smile-id: ${line}` }],
    ['Google Cloud, as JSON', { jsonPayload: report, severity: 'WARNING' }],
    ['winston, as JSON', { level: 'warn', message: `express-smile-id: ${line}` }],
    ['winston, as text', `warn: express-smile-id: ${line} {"code":"signature_mismatch"}`],
    [
      'the last of several lines',
      `${JSON.stringify({ level: 30, msg: 'x' })}\n${JSON.stringify({ level: 40, ...report })}\nlistening`,
    ],
    [
      'a line of the console',
      `2026-10-14 09:00 express-smile-id: signature_mismatch status=401 passed=admitted generation=v3 clientIp=${sourceIp} a hint express-smile-id explain signature_mismatch`,
    ],
  ])('%s', async (_name, input) => {
    const { out, code } = await inspected(input)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      status: 401,
      code: 'signature_mismatch',
      cause: { name: 'signature_mismatch', because: 'a hint' },
      steps: expect.arrayContaining([
        { name: 'key', verdict: 'fail', says: 'signature_mismatch' },
        { name: 'sender', verdict: 'pass', says: sourceIp },
      ]) as unknown,
    })
  })

  test('an answer of the router', async () => {
    const { out } = await inspected({ error: { code: 'signature_mismatch', message: 'x' } })
    expect(JSON.parse(out)).toMatchObject({
      status: 401,
      code: 'signature_mismatch',
      cause: { name: 'signature_mismatch' },
    })
  })

  test('is explained without credentials, and cannot be sent', async () => {
    const readStdin = () => Promise.resolve(JSON.stringify(report))
    expect(await run('inspect -', { readStdin, env: {} })).toMatchObject({ code: 1, err: '' })
  })
})

describe('what has no known shape is said to be unknown', () => {
  test.each<[string, object | string, string]>([
    ['prose', 'Dear support, my callback is refused.', 'The form of this input is unknown.'],
    ['other JSON', { hello: 'world' }, 'The form of this JSON is unknown'],
    ['an empty object', {}, 'The form of this JSON is unknown'],
    ['a list of other things', [1, 2], 'an array without a request'],
    ['a number', '42', 'The form of this JSON is unknown'],
    ['a text', JSON.stringify('hello'), 'This JSON is a string'],
    [
      'a curl command that is cut off inside quotation marks',
      `curl https://example.test ${curlHeaders} -d '${body.slice(0, 40)}`,
      'ends inside a quotation mark',
    ],
    [
      'the same in a header',
      `curl https://example.test -d ${quoted(body)} -H "Response-Signature: abc`,
      'ends inside a quotation mark',
    ],
    ['a curl command that is cut off at a line', `curl https://example.test ${curlHeaders} \\\n`, 'is cut off'],
    [
      "a curl command with a shell's variable",
      'curl https://example.test -H "Response-Signature: $signature" -d \'{}\'',
      'holds $signature, which only the shell can expand',
    ],
    [
      'a curl command with a command in it',
      'curl https://example.test -d "$(cat body.json)"',
      'holds $(cat, which only the shell can expand',
    ],
    ['a curl command that sends a form', 'curl https://example.test -F file=@body.json', 'sends a form'],
    [
      'a curl command that uploads a file',
      'curl https://example.test -T body.json',
      'takes its body from the file body.json',
    ],
    ['a curl command with a file of options', 'curl https://example.test -K options', 'from the file options'],
    ['a curl command with a file of headers', 'curl https://example.test -H @headers -d x', 'from the file headers'],
    [
      'a request as Node prints it',
      nodeInspect({ method: 'POST', headers, body }),
      'This is the dump of a request, but not valid JSON',
    ],
    [
      'a dump that is cut off',
      JSON.stringify({ method: 'POST', headers, body }).slice(0, -30),
      'This is the dump of a request, but not valid JSON',
    ],
    [
      'a curl command that reads a file',
      'curl -d @body.json https://example.test',
      'takes its body from the file body.json',
    ],
  ])('%s', async (_name, input, message) => {
    const { code, out, err } = await inspected(input)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  test('an abyss, which not every Node can write as JSON again', async () => {
    const abyss = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
    const { code, out, err } = await inspected(`{"headers":{},"body":${abyss}}`)
    if (canWrite(JSON.parse(abyss)))
      expect({ code, is: (JSON.parse(out) as { code: string }).code }).toEqual({ code: 1, is: 'body_too_complex' })
    else
      expect({ code, out, err }).toEqual({
        code: 2,
        out: '',
        err: expect.stringContaining('nested more deeply') as string,
      })
  })
})
