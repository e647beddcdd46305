import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { own, pages } from './readme.ts'

/** What users read, front page first. Others are for maintainers, records, or printed row by row (report/causes.md). */
const forUsers = [
  'README.md',
  'src/events/README.md',
  'src/options/README.md',
  'src/once/README.md',
  'src/inbox/README.md',
  'src/confirm/README.md',
  'src/reconcile/README.md',
  'src/doors/README.md',
  'src/testing/README.md',
  'src/cli/README.md',
  'src/report/README.md',
  'src/telemetry/README.md',
  'SECURITY.md',
  'src/QUESTIONS.md',
]
const read = pages.filter(({ file }) => forUsers.includes(file))

test('users have 14 pages of 10 000 words together, code aside', () => {
  expect(read.map(({ file }) => file).sort()).toEqual([...forUsers].sort())
  const words = read.map(({ prose }) => prose.split(/\s+/).filter((word) => /\w/.test(word)).length)
  expect(words.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(10_000)
})

test('the front page names each of them', () => {
  const front = pages.find(({ file }) => file === 'README.md')?.prose ?? ''
  expect(forUsers.slice(1).filter((file) => !front.includes(`(${file}`))).toEqual([])
})

test('each begins with what it is for', () => {
  expect(read.filter(({ text }) => !/^# .+\n\n[A-Z`].{40}/.test(text)).map(({ file }) => file)).toEqual([])
})

test('what the tarball holds links only to what it holds, or to the repository', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: own('.'),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
  const held = new Set(files.map(({ path }) => path))
  const texts = [...held].filter((path) => /\.(md|txt)$/.test(path))
  expect(texts.length).toBeGreaterThan(14)
  const missing = texts.flatMap((file) => {
    const prose = readFileSync(own(file), 'utf8').replace(/^```.*?^```$/gms, '')
    return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^(https?:|#)/.test(link))
      .filter((link) => !held.has(posix.join(posix.dirname(file), link.replace(/#.*/, ''))))
      .map((link) => `${file}: ${link}`)
  })
  expect(missing).toEqual([])
})
