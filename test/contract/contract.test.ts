import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { own } from '../docs/readme.ts'
import { main } from './command.ts'
import { driftOf } from './compare.ts'

type Export = {
  jobTypes: Record<string, string[]>
  codes: { jobType: unknown; code: string; meaning: string; grade?: string }[]
  statuses: Record<string, string>
  products: Record<string, string>
  reasons: string[]
}

const text = readFileSync(own('src/payload/contract/contract.json'), 'utf8')
const exported = JSON.parse(text) as Export
const drift = (change: (contract: Export) => void): string[] => {
  const copy = structuredClone(exported)
  change(copy)
  return driftOf(JSON.stringify(copy))
}
const row = (contract: Export, jobType: unknown, code: string) =>
  contract.codes.find((one) => one.jobType === jobType && one.code === code)!

test('the tables are as the export says', () => {
  expect(driftOf(text)).toEqual([])
})

describe('drift is named', () => {
  test.each<[string, (contract: Export) => void, string[]]>([
    [
      'a new code',
      ({ codes }) => codes.push({ jobType: 1, code: '0999', meaning: 'rejected' }),
      ['new: code 1:0999, rejected'],
    ],
    [
      'a code that is gone',
      (contract) => (contract.codes = contract.codes.filter(({ code }) => code !== '0817')),
      ['gone: code 6:0817, unknown'],
    ],
    [
      'a code that means something else',
      (contract) => (row(contract, 6, '0812').meaning = 'provisional'),
      ['changed: code 6:0812 is rejected in the table, provisional in the export'],
    ],
    [
      'a code that is surer',
      (contract) => (row(contract, 6, '0812').grade = 'documented'),
      ['changed: grade of code 6:0812 is observed in the table, documented in the export'],
    ],
    [
      'a code of another job type',
      ({ codes }) => codes.push({ jobType: 13, code: '0810', meaning: 'approved' }),
      ['new: code 13:0810, approved'],
    ],
    ['a new job type', ({ jobTypes }) => (jobTypes['13'] = ['e_signature']), ['new: job type 13, e_signature']],
    [
      'a job type of another product',
      ({ jobTypes }) => (jobTypes['5'] = ['enhanced_kyc']),
      ['changed: job type 5 is basic_kyc or enhanced_kyc in the table, enhanced_kyc in the export'],
    ],
    ['a new status', ({ statuses }) => (statuses['review'] = 'provisional'), ['new: status review, provisional']],
    [
      'a status that is gone',
      ({ statuses }) => delete statuses['processing'],
      ['gone: status processing, provisional'],
    ],
    ['a new product', ({ products }) => (products['e_signature'] = 'e_signature'), ['new: product e_signature']],
    [
      'a product of another name',
      ({ products }) => (products['aml'] = 'one_time_aml'),
      ['changed: product aml is aml_monitoring in the table, one_time_aml in the export'],
    ],
    [
      'a product that is gone',
      ({ products }) => delete products['doc_verification'],
      ['gone: product doc_verification, document_verification'],
    ],
    [
      'reasons',
      (contract) => (contract.reasons = [...contract.reasons.filter((one) => one !== 'high_risk'), 'moon_phase']),
      ['gone: reason high_risk', 'new: reason moon_phase'],
    ],
  ])('%s', (_, change, lines) => {
    expect(drift(change)).toEqual(lines)
  })

  test('of the parts that an export has, with or without grades', () => {
    expect(driftOf('{}')).toEqual([])
    expect(driftOf(JSON.stringify({ statuses: exported.statuses }))).toEqual([])
    expect(drift((contract) => contract.codes.forEach((one) => delete one.grade))).toEqual([])
  })

  test('and what is no export is refused', () => {
    for (const bad of [
      '',
      '[]',
      '{"code":[]}',
      '{"codes":[{"jobType":1,"code":"810","meaning":"approved"}]}',
      '{"reasons":"all"}',
    ])
      expect(() => driftOf(bad), bad).toThrow()
    expect(() => drift(({ codes }) => codes.push(codes[0]!))).toThrow('any:0001')
  })
})

test('the pages name each word of the export', () => {
  const page = readFileSync(own('src/payload/contract/v3.md'), 'utf8')
  const words = [...Object.keys(exported.statuses), ...Object.keys(exported.products), ...exported.reasons]
  expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([])
  const [, listed = ''] = /### 3\.1 Reasons\n([\s\S]*?)\n### 3\.2/.exec(page) ?? []
  expect([...new Set([...listed.matchAll(/`(\w+)`/g)].map(([, word]) => word!))].sort()).toEqual(
    [...exported.reasons].sort(),
  )
})

test('the command says so, and exits with 1 where something differs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'))
  const run = (...args: string[]) => {
    const said = { out: '', err: '' }
    const status = main(args, { out: (text) => (said.out += text), err: (text) => (said.err += text) })
    return { status, stdout: said.out, said: said.err !== '' }
  }
  try {
    expect(run()).toEqual({ status: 0, stdout: 'The tables are as the export says.\n', said: false })
    const file = join(folder, 'export.json')
    writeFileSync(file, JSON.stringify({ ...exported, statuses: { ...exported.statuses, review: 'provisional' } }))
    expect(run(file)).toEqual({ status: 1, stdout: 'new: status review, provisional\n', said: false })
    // As its users run it.
    expect(
      spawnSync(process.execPath, ['--import', 'tsx', 'test/contract/check.ts', file], {
        cwd: own('.'),
        encoding: 'utf8',
      }),
    ).toMatchObject({ status: 1, stdout: 'new: status review, provisional\n' })
    writeFileSync(file, '{"codes":7}')
    expect(run(file)).toEqual({ status: 1, stdout: '', said: true })
    expect(run(join(folder, 'none.json'))).toEqual({ status: 1, stdout: '', said: true })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
