import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import type { Drift } from '../../src/index.ts'
import { driftChannelName } from '../../src/receive/memory.ts'
import { sample, sampleCases } from '../../src/testing/index.ts'
import { credential, fixtures, v1Delivery, v1Payload, v3Delivery, v3Payload } from '../support/deliveries.ts'
import { receiver } from '../support/receiver.ts'

type Payload = Record<string, unknown>

function watched() {
  const told: Drift[] = []
  const { post } = receiver({ onDrift: (drift) => void told.push(drift) })
  return {
    told,
    post,
    v1: (change: Payload) => post(v1Delivery({ payload: { ...v1Payload, ...change } })),
    v3: (change: Payload) => post(v3Delivery({ payload: { ...v3Payload, ...change } })),
  }
}

test('each thing that is new is told once, with its place and never its value', async () => {
  const { told, v1, v3 } = watched()
  const params = { ...v1Payload.PartnerParams, anything: 'mine' }
  for (let time = 0; time < 3; time += 1) {
    await v3({ status: 'secret_status', product: 'secret_product', reason: 'secret_reason' })
    await v3({ New_Field: 'secret', antifraud: { fraud_risk: { new_part: 'secret' } } })
    await v1({ ResultCode: '7654', PartnerParams: params })
    await v1({ PartnerParams: { ...params, job_type: 77 } })
    await v1({ Actions: { New_Check: 'Passed' }, FullName: 'known' })
  }
  expect(told).toEqual([
    { kind: 'status', path: 'status', product: 'unknown', generation: 'v3' },
    { kind: 'product', path: 'product', product: 'unknown', generation: 'v3' },
    { kind: 'reason', path: 'reason', product: 'unknown', generation: 'v3' },
    { kind: 'key', path: 'antifraud.fraud_risk.new_part', product: 'document_verification', generation: 'v3' },
    { kind: 'key', path: 'New_Field', product: 'document_verification', generation: 'v3' },
    { kind: 'code', path: 'ResultCode', product: 'biometric_kyc', generation: 'v1' },
    { kind: 'product', path: 'PartnerParams.job_type', product: 'unknown', generation: 'v1' },
    { kind: 'key', path: 'Actions.New_Check', product: 'biometric_kyc', generation: 'v1' },
  ])
  expect(JSON.stringify(told)).not.toMatch(/secret|7654|77/)
  expect(told.every((drift) => Object.isFrozen(drift))).toBe(true)
})

test('a key that is data, or a name that means something to JavaScript, is told as *, or not at all', async () => {
  const { told, v1, v3, post } = watched()
  const secret = (body: string) => body.replace('{', '{"__proto__":{"secret_key":1},')
  const hostile = v3Delivery({ payload: { ...v3Payload, hasOwnProperty: 1, toString: { secret: 1 } } })
  await post({ ...hostile, body: secret(hostile.body) })
  // Ids and names as keys, where the contract has lists, maps or nothing.
  await v3({
    id_fields: { 'Ada secret': 1 },
    '22133719 secret': 1,
    antifraud: { smile_secure: { 'user-secret-1': 1 } },
  })
  await v1({ ResultCode: '5211', Antifraud: { SuspectUsers: { 'user-secret-2': { reason: 'x' } } } })
  await v1({ FullData: { secret: 1 }, people: { secret: 1 }, PartnerParams: { ...v1Payload.PartnerParams, secret: 1 } })
  expect(told.map(({ path }) => path)).not.toContain('__proto__')
  expect(JSON.stringify(told)).not.toMatch(/secret|22133719/)
  expect(told.length).toBeGreaterThan(1)
})

test('another word is told again', async () => {
  const { told, v1 } = watched()
  for (const ResultCode of ['7654', '7655', 7654, ' 7655 ']) await v1({ ResultCode })
  expect(told).toHaveLength(2)
})

test('what is known is no news, whichever callback it is', async () => {
  const { told, post } = watched()
  for (const { product, outcome, generation } of sampleCases) {
    if (outcome === 'unknown' || product === 'unknown') continue
    const payload = sample(product, outcome, { generation }) as Payload
    await post(generation === 'v1' ? v1Delivery({ payload, credential }) : v3Delivery({ payload, credential }))
  }
  for (const { payload } of fixtures('v3')) await post(v3Delivery({ payload }))
  // Samples of some outcomes have no code that is better known.
  expect(told.filter(({ kind }) => kind !== 'meaning')).toEqual([])
})

test('nobody who is not verified is listened to, and whoever invents names soon tells nothing new', async () => {
  const { told, post, v1, v3 } = watched()
  await post(v3Delivery({ credential: { ...credential, apiKey: 'another' }, payload: { ...v3Payload, New_Field: 1 } }))
  expect(told).toEqual([])
  const letters = 'abcdefghijklmnopqrstuvwxyz'.split('')
  for (const first of letters)
    for (const second of letters.slice(0, 4))
      await v3({ [`New_${first}${second}`]: 1, status: `word_${first}${second}` })
  expect(told.filter(({ kind }) => kind === 'key')).toHaveLength(50)
  expect(told.filter(({ kind }) => kind === 'status')).toHaveLength(50)
  await v1({ ResultCode: '7654' })
  expect(told.at(-1)?.kind).toBe('code')
})

test('metrics hear of it, and a listener that fails harms nobody', async () => {
  const heard: unknown[] = []
  const listen = (drift: unknown) => heard.push(drift)
  subscribe(driftChannelName, listen)
  const { post } = receiver({
    onDrift: () => {
      throw new Error('mine')
    },
  })
  expect(await post(v3Delivery({ payload: { ...v3Payload, New_Field: 1 } }))).toMatchObject({ code: 'accepted' })
  unsubscribe(driftChannelName, listen)
  expect(heard).toEqual([{ kind: 'key', path: 'New_Field', product: 'document_verification', generation: 'v3' }])
})
