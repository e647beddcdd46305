import { describe, expectTypeOf, test } from 'vitest'
import type * as z from 'zod'
import {
  isV1Payload,
  isV3Payload,
  smileIdCallbacks,
  type PayloadOf,
  type SmileIdEvent,
  type V1DocumentPayload,
  type V1IdInfoPayload,
  type V3AmlPayload,
  type V3IdentityPayload,
  type V3ResidencyPayload,
} from '../../src/index.ts'
import { payloadSchemas } from '../../src/index.ts'

const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'test-key-not-a-secret' } })

describe('payload narrows', () => {
  test('by event name', () => {
    callbacks.on('one_time_aml.rejected', (event) => {
      expectTypeOf(event.payload).toEqualTypeOf<PayloadOf<'one_time_aml'>>()
      expectTypeOf(event.payload.people?.[0]?.name).toEqualTypeOf<string | undefined>()
    })
    callbacks.on('id_info', (event) => expectTypeOf(event.payload).toEqualTypeOf<V1IdInfoPayload>())
  })

  test('by product and kind', () => {
    const read = (event: SmileIdEvent) => {
      if (event.kind !== 'result') return
      switch (event.product) {
        case 'residency_document_verification':
          if (isV3Payload(event.payload))
            expectTypeOf(event.payload.additional_documents).toEqualTypeOf<V3ResidencyPayload['additional_documents']>()
          break
        case 'one_time_aml':
          expectTypeOf(event.payload.people?.[0]?.name).toEqualTypeOf<string | undefined>()
          break
        default:
          // @ts-expect-error other products have no typed list of people
          expectTypeOf(event.payload.people?.[0])
      }
    }
    expectTypeOf(read).toBeFunction()
  })

  test('by generation', () => {
    const payload = {} as PayloadOf<'document_verification'>
    if (isV1Payload(payload)) expectTypeOf(payload).toEqualTypeOf<V1DocumentPayload>()
    if (isV3Payload(payload)) expectTypeOf(payload).toEqualTypeOf<V3IdentityPayload>()
    const aml = {} as PayloadOf<'one_time_aml'>
    if (isV3Payload(aml)) expectTypeOf(aml).toEqualTypeOf<V3AmlPayload>()
  })

  test('schemas have one readable type', () => {
    expectTypeOf(payloadSchemas['v1.common']).toEqualTypeOf<z.ZodType>()
  })
})
