import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import {
  smileIdCallbacks,
  type EventName,
  type EventOf,
  type Handler,
  type IdInfoEvent,
  type MonitoringEvent,
  type Outcome,
  type Product,
  type ResultEvent,
  type SmileIdCallbacks,
  type SmileIdEvent,
  type SmileSecureEvent,
  type UnrecognizedDelivery,
} from '../../src/index.ts'

const credentials = { partnerId: '085', apiKey: 'test-key-not-a-secret' }
const callbacks = smileIdCallbacks({ credentials })

test('what handlers get is read-only', () => {
  // @ts-expect-error one key can be written
  expectTypeOf<{ a: 1; readonly b: 2 }>().toEqualTypeOf<Readonly<{ a: 1; b: 2 }>>()
  expectTypeOf<SmileIdEvent>().toEqualTypeOf<Readonly<SmileIdEvent>>()
  expectTypeOf<SmileIdEvent['delivery']>().toEqualTypeOf<Readonly<SmileIdEvent['delivery']>>()
  expectTypeOf<SmileIdEvent['result']>().toEqualTypeOf<Readonly<SmileIdEvent['result']>>()
  expectTypeOf<SmileIdEvent['delivery']['credential']>().toEqualTypeOf<
    Readonly<SmileIdEvent['delivery']['credential']>
  >()
  expectTypeOf<SmileSecureEvent['suspects'][number]>().toEqualTypeOf<Readonly<SmileSecureEvent['suspects'][number]>>()
  expectTypeOf<UnrecognizedDelivery>().toEqualTypeOf<Readonly<UnrecognizedDelivery>>()
})

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
    callbacks.on(['approved', 'rejected'], (event) =>
      expectTypeOf(event.outcome).toEqualTypeOf<'approved' | 'rejected'>(),
    )
  })

  test('onAny narrows by kind, product and outcome, in any order', () => {
    callbacks.onAny((event) => {
      expectTypeOf(event.outcome).toEqualTypeOf<Outcome | undefined>()
      expectTypeOf(event.final).toEqualTypeOf<boolean | undefined>()
      if (event.kind === 'result') expectTypeOf(event.outcome).toEqualTypeOf<Outcome>()
      if (event.kind === 'id_info') expectTypeOf(event.idStep).toEqualTypeOf<'passed' | 'failed' | 'error'>()
      if (event.outcome === 'approved') {
        expectTypeOf(event.kind).toEqualTypeOf<'result'>()
        expectTypeOf(event.final).toEqualTypeOf<true>()
        if (event.product === 'business_verification')
          expectTypeOf(event).toEqualTypeOf<ResultEvent<'business_verification', 'approved'>>()
      }
      if (event.product === 'biometric_kyc') {
        expectTypeOf(event).toExtend<EventOf<'biometric_kyc'>>()
        if (event.kind === 'result' && event.outcome === 'rejected')
          expectTypeOf(event).toEqualTypeOf<ResultEvent<'biometric_kyc', 'rejected'>>()
        if (event.outcome === 'rejected') expectTypeOf(event).toEqualTypeOf<ResultEvent<'biometric_kyc', 'rejected'>>()
      }
      if (event.outcome === undefined)
        expectTypeOf(event.kind).toEqualTypeOf<'id_info' | 'smile_secure' | 'monitoring'>()
      // @ts-expect-error no such outcome
      if (event.outcome === 'passed') return
      if (event.kind !== 'result') return
      if (event.outcome === 'provisional') expectTypeOf(event.final).toEqualTypeOf<false>()
      if (event.final) expectTypeOf(event.outcome).toEqualTypeOf<Exclude<Outcome, 'provisional' | 'unknown'>>()
    })
  })

  test('so does a product, and a list of names', () => {
    callbacks.on('biometric_kyc', (event) => {
      if (event.outcome === 'approved') expectTypeOf(event).toEqualTypeOf<ResultEvent<'biometric_kyc', 'approved'>>()
      else if (event.kind === 'id_info') expectTypeOf(event.idStep).not.toBeUndefined()
      if (event.final) expectTypeOf(event.kind).toEqualTypeOf<'result'>()
    })
    callbacks.on('aml_monitoring', (event) => {
      if (event.outcome === undefined) expectTypeOf(event.kind).toEqualTypeOf<'monitoring'>()
    })
    callbacks.on(['id_info', 'approved'], (event) => {
      if (event.outcome === 'approved') expectTypeOf(event.kind).toEqualTypeOf<'result'>()
      else expectTypeOf(event.idStep).toEqualTypeOf<'passed' | 'failed' | 'error'>()
    })
    const handle: Handler<SmileIdEvent> = (event) => (event.kind === 'id_info' ? keep(event) : undefined)
    const keep = (event: IdInfoEvent): string => event.idStep
    callbacks.onAny(handle)
    callbacks.on('id_info', handle)
  })

  test('waitForJob gives what is final', () => {
    expectTypeOf(callbacks.waitForJob('job-1')).resolves.toHaveProperty('final').toEqualTypeOf<true>()
  })
})

/** The slow way: of all events those that fit the name. */
type Sorted<E, Name> = E extends { kind: Name }
  ? E
  : E extends { product: Name }
    ? E
    : E extends { outcome: Name }
      ? E
      : E extends { product: infer P extends string; outcome: infer O extends string }
        ? Name extends `${P}.${O}`
          ? E
          : never
        : never
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

describe('every name', () => {
  test('leads to the events that fit it, no more and no less', () => {
    type Wrong = {
      [Name in EventName]: Same<EventOf<Name>, Sorted<SmileIdEvent, Name>> extends true ? never : Name
    }[EventName]
    expectTypeOf<Wrong>().toBeNever()
    // What the comparison is worth:
    expectTypeOf<Same<EventOf<'approved'>, EventOf<'approved' | 'rejected'>>>().toEqualTypeOf<false>()
    expectTypeOf<Same<EventOf<'biometric_kyc'>, EventOf<'biometric_kyc.approved'>>>().toEqualTypeOf<false>()
    expectTypeOf<EventOf<'unknown'>>().toEqualTypeOf<Sorted<SmileIdEvent, 'unknown'>>()
    expectTypeOf<EventOf<'result' | 'id_info'>>().toEqualTypeOf<Sorted<SmileIdEvent, 'result' | 'id_info'>>()
  })
})

describe('events are read, not written', () => {
  test('at every depth', () => {
    callbacks.onAny((event) => {
      // @ts-expect-error an event is one fact
      event.jobId = 'another'
      // @ts-expect-error as above: it is read, not written
      event.result.message = ''
      // @ts-expect-error as above: it is read, not written
      event.delivery.confirmed = true
      // @ts-expect-error as above: it is read, not written
      event.delivery.credential.partnerId = '1'
      // @ts-expect-error as above: it is read, not written
      event.payload.status = undefined
    })
    callbacks.on('approved', (event) => {
      // @ts-expect-error a verdict is not changed
      event.outcome = 'approved'
    })
    callbacks.on('smile_secure', (event) => {
      // @ts-expect-error as above: it is read, not written
      event.suspects[0] = { userId: 'user-2', reasons: [] }
    })
  })
})

test('the object of callbacks may be named without its partner params', () => {
  expectTypeOf<SmileIdCallbacks>().toEqualTypeOf(callbacks)
})

describe('partner params', () => {
  test('are texts or undefined without a schema: a key may not have come', () => {
    callbacks.on('approved', ({ partnerParams }) => {
      expectTypeOf(partnerParams).toEqualTypeOf<Readonly<Record<string, string | undefined>>>()
      expectTypeOf(partnerParams['account_id']).toEqualTypeOf<string | undefined>()
      // @ts-expect-error an account that may not be there is no key for an UPDATE
      const account: string = partnerParams['account_id']
      // @ts-expect-error what was delivered is not changed
      partnerParams['account_id'] = account
    })
  })

  test("have the type of the schema's output in every handler", () => {
    const typed = smileIdCallbacks({
      credentials,
      partnerParams: z.object({ order: z.coerce.number(), account_id: z.string() }),
    })
    typed.on('approved', ({ partnerParams }) =>
      expectTypeOf(partnerParams).toEqualTypeOf<{ order: number; account_id: string }>(),
    )
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
    // @ts-expect-error tuning of claims stands in once
    smileIdCallbacks({ credentials, ttl: 1 })
    // @ts-expect-error a function has to be named ask
    smileIdCallbacks({ credentials, confirm: () => 'confirmed' })
    // @ts-expect-error no such word
    smileIdCallbacks({ credentials, confirm: { ask: () => 'yes' } })
    smileIdCallbacks({
      credentials,
      once: { lease: 60_000 },
      confirm: {
        ask: (event, { signal }) => (
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>(),
          expectTypeOf(event.jobId).toBeString(),
          'confirmed'
        ),
        events: ['approved'],
        timeout: 1_000,
      },
    })
    // @ts-expect-error a partner id is a text
    smileIdCallbacks({ credentials: { partnerId: 85, apiKey: 'key' } })
    // @ts-expect-error true is no list
    smileIdCallbacks({ credentials, allowedIps: true })
  })
})
