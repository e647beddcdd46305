import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import layers from '../../src/layers.json' with { type: 'json' }

/** `file:line` of an import, who makes it and whom it asks; paths from src on. */
interface Import {
  at: string
  from: string
  to: string
}

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort()

function importsOf(file: string, text = readFileSync(join('src', file), 'utf8')): Import[] {
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?\bfrom\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'|(?:^|\n)import\s+'(\.[^']+)'/g,
  )
  return [...statements].map((match) => ({
    at: `src/${file}:${text.slice(0, match.index + match[0].length).split('\n').length}`,
    from: file,
    to: relative('src', join('src', dirname(file), match[1] ?? match[2] ?? match[3] ?? '')),
  }))
}

const roomOf = (file: string): string => file.split('/')[0] ?? file
const levelOf = (room: string): number => layers.findIndex((layer) => layer.includes(room))

/** Imports that climb, or stay on their level in another room. */
const climbs = (imports: readonly Import[]): string[] =>
  imports
    .filter(({ from, to }) => roomOf(from) !== roomOf(to) && levelOf(roomOf(to)) <= levelOf(roomOf(from)))
    .map(
      ({ at, to }) => `${at} imports ${to}: ${roomOf(to)} does not lie below ${at.replace(/^src\/([^/:]+).*/, '$1')}`,
    )

/** Files that import each other in a circle, one line per circle. */
function circles(imports: readonly Import[]): string[] {
  const next = new Map<string, Import[]>()
  for (const one of imports) next.set(one.from, [...(next.get(one.from) ?? []), one])
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file)) return
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return found
}

const imports = sources.flatMap((file) => importsOf(file))

test('every file and folder of src has its place in the order', () => {
  expect([...new Set(sources.map(roomOf))].filter((room) => levelOf(room) < 0)).toEqual([])
  expect(layers.flat().filter((room) => !sources.some((file) => roomOf(file) === room))).toEqual([])
})

test('a folder imports only from folders below it, types included', () => {
  expect(imports.length).toBeGreaterThan(300)
  expect(climbs(imports)).toEqual([])
})

test('no files import each other in a circle', () => {
  expect(circles(imports)).toEqual([])
})

test('an import that is turned round is found, with its line', () => {
  const turned = importsOf(
    'once/claim.ts',
    "import { randomUUID } from 'node:crypto'\nimport type {\n  Trace,\n} from '../report/report.ts'\n",
  )
  expect(climbs(turned)).toEqual(['src/once/claim.ts:4 imports report/report.ts: report does not lie below once'])
  expect(circles([...imports, { at: '', from: 'types/names.ts', to: 'report/report.ts' }])).not.toEqual([])
})

test('src/README.md draws the order as it is', () => {
  const drawn = /```text\n([^`]+)```/.exec(readFileSync('src/README.md', 'utf8'))?.[1] ?? ''
  expect(
    drawn
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/)[0]?.split(' ')),
  ).toEqual(layers)
})

test('src/README.md names files that are there, for each kind of change', () => {
  const table = readFileSync('src/README.md', 'utf8').split('## What a change touches')[1] ?? ''
  const rows = table.split('\n').filter((line) => /^\| (an?) /.test(line))
  const pathsOf = (row: string) =>
    [...row.matchAll(/`([\w./-]+)`/g)].map(([, path = '']) => path).filter((path) => /[/.]/.test(path))
  expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual([
    'a v1 result code',
    'a v3 product',
    'a v3 status',
    'a guard before the signature',
    'a report code',
    'a store',
    'a queue engine',
    'a command',
    'an option',
    'an event field',
    'a report field',
    'a log field',
    'a metric',
    'a sample',
    'a door',
  ])
  expect(rows.filter((row) => pathsOf(row).length === 0)).toEqual([])
  expect(rows.flatMap(pathsOf).filter((path) => !existsSync(path))).toEqual([])
})
