import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { smileIdCallbacks, type IdInfoEvent, type MonitoringEvent, type Outcome, type Product, type SmileSecureEvent } from '../../src/index.ts'

const credentials = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
const callbacks = smileIdCallbacks({ credentials })

describe('names narrow events', () => {
  test('an outcome', () => {
    callbacks.on('approved', (event) => {
      expectTypeOf(event.kind).toEqualTypeOf<'result'>()
      expectTypeOf(event.outcome).toEqualTypeOf<'approved'>()
      expectTypeOf(event.final).toEqualTypeOf<true>()
      expectTypeOf(event.product).toEqualTypeOf<Product>()
    })
    callbacks.on('provisional', (event) => expectTypeOf(event.final).toEqualTypeOf<false>())
  })

  test('a kind', () => {
    callbacks.on('id_info', (event) => {
      expectTypeOf(event).toEqualTypeOf<IdInfoEvent>()
      expectTypeOf(event.idStep).toEqualTypeOf<'passed' | 'failed' | 'error'>()
      // @ts-expect-error the look-up of an ID has no outcome
      expectTypeOf(event.outcome)
    })
    callbacks.on('smile_secure', (event) => {
      expectTypeOf(event.suspects[0]!.userId).toBeString()
      expectTypeOf(event).toExtend<SmileSecureEvent>()
      // @ts-expect-error a signal has no outcome
      expectTypeOf(event.outcome)
    })
    callbacks.on('monitoring', (event) => expectTypeOf(event).toEqualTypeOf<MonitoringEvent>())
    callbacks.on('result', (event) => expectTypeOf(event.outcome).toEqualTypeOf<Outcome>())
  })

  test('a product, and a product with an outcome', () => {
    callbacks.on('document_verification', (event) => {
      expectTypeOf(event.product).toEqualTypeOf<'document_verification'>()
      expectTypeOf(event.kind).toEqualTypeOf<'result' | 'smile_secure'>()
    })
    callbacks.on('biometric_kyc.rejected', (event) => {
      expectTypeOf(event.product).toEqualTypeOf<'biometric_kyc'>()
      expectTypeOf(event.outcome).toEqualTypeOf<'rejected'>()
    })
  })

  test('several names', () => {
    callbacks.on(['approved', 'rejected'], (event) => expectTypeOf(event.outcome).toEqualTypeOf<'approved' | 'rejected'>())
  })

  test('onAny narrows by kind', () => {
    callbacks.onAny((event) => {
      if (event.kind === 'result') expectTypeOf(event.outcome).toEqualTypeOf<Outcome>()
      // @ts-expect-error not every event has an outcome
      expectTypeOf(event.outcome)
      if (event.kind !== 'result') return
      if (event.outcome === 'provisional') expectTypeOf(event.final).toEqualTypeOf<false>()
      if (event.final) expectTypeOf(event.outcome).toEqualTypeOf<Exclude<Outcome, 'provisional' | 'unknown'>>()
    })
  })

  test('waitForJob gives what is final', () => {
    expectTypeOf(callbacks.waitForJob('job-1')).resolves.toHaveProperty('final').toEqualTypeOf<true>()
  })
})

describe('partner params', () => {
  test('are texts without a schema', () => {
    callbacks.on('approved', ({ partnerParams }) => expectTypeOf(partnerParams).toEqualTypeOf<Record<string, string>>())
  })

  test("have the type of the schema's output in every handler", () => {
    const typed = smileIdCallbacks({ credentials, partnerParams: z.object({ order: z.coerce.number(), account_id: z.string() }) })
    typed.on('approved', ({ partnerParams }) => expectTypeOf(partnerParams).toEqualTypeOf<{ order: number; account_id: string }>())
    typed.onAny(({ partnerParams }) => expectTypeOf(partnerParams.order).toBeNumber())
    typed.onJob('job-1', ({ partnerParams }) => expectTypeOf(partnerParams.order).toBeNumber())
    typed.onPartnerParam('order', 1, ({ partnerParams }) => expectTypeOf(partnerParams.account_id).toBeString())
    // @ts-expect-error not in the schema
    typed.onAny(({ partnerParams }) => partnerParams.branch)
  })
})

describe('what does not compile', () => {
  test('wrong names', () => {
    // @ts-expect-error a misspelt outcome
    callbacks.on('aproved', () => undefined)
    // @ts-expect-error no such product
    callbacks.on('passport.approved', () => undefined)
    // @ts-expect-error one wrong name among good ones
    callbacks.on(['approved', 'denied'], () => undefined)
  })

  test('wrong options', () => {
    // @ts-expect-error unknown option
    smileIdCallbacks({ credentials, verify: false })
    // @ts-expect-error credentials are required
    smileIdCallbacks({})
    // @ts-expect-error a partner id is a text
    smileIdCallbacks({ credentials: { partnerId: 85, apiKey: 'key' } })
    // @ts-expect-error true is no list
    smileIdCallbacks({ credentials, allowedIps: true })
  })
})
