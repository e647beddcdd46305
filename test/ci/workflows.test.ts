import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n')

const workflows = { test: read('.github/workflows/test.yml'), release: read('.github/workflows/release.yml') }
const script = read('.ci/run')
const manifest = JSON.parse(read('package.json')) as { engines: { node: string }; scripts: Record<string, string>; publishConfig: object }

const numbers = (text: string | undefined): number[] => (text?.match(/\d+/g) ?? []).map(Number)

/** The text of one job. */
const job = (workflow: string, name: string): string => new RegExp(`^  ${name}:\\n((?:    .*\\n|\\n| {2}#.*\\n)*)`, 'm').exec(workflow)?.[1] ?? ''

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
    expect([...script.matchAll(/on_node (\d+)$/gm)].map(({ 1: node }) => Number(node))).toEqual(matrix.slice(1))
    expect(job(workflows.test, 'everything')).toContain(`node-version: ${matrix[0] ?? ''}\n`)
  })

  test('scripts that workflows and .ci/run call are there', () => {
    const called = [...`${workflows.test}${workflows.release}${script}`.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(({ 1: name = '' }) => name)
    expect(called.length).toBeGreaterThan(8)
    expect(called.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([])
  })
})

describe('a release', () => {
  test('is published only after all of that, with provenance and without a token', () => {
    expect(job(workflows.release, 'test')).toContain('uses: ./.github/workflows/test.yml')
    expect(existsSync(new URL('../../.github/workflows/test.yml', import.meta.url))).toBe(true)
    expect(workflows.test).toMatch(/^ {2}workflow_call:$/m)
    const publish = job(workflows.release, 'publish')
    expect(publish).toContain('needs: test')
    expect(publish).toContain('id-token: write')
    expect(publish).toContain('npm publish --provenance')
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
    expect(Object.values(workflows).join('')).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/)
  })

  test('nothing else may write', () => {
    const rights = Object.values(workflows).flatMap((text) => text.match(/^ +[\w-]+: write$/gm) ?? [])
    expect(rights.map((right) => right.trim())).toEqual(['id-token: write'])
  })
})
