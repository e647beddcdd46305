import { describe, expectTypeOf, test } from 'vitest'
import type * as z from 'zod'
import {
  available,
  isV1Payload,
  isV3Payload,
  smileIdCallbacks,
  type LoosePayload,
  type PayloadOf,
  type SmileIdEvent,
  type V1AmlPayload,
  type V1BusinessPayload,
  type V1DocumentPayload,
  type V1IdInfoPayload,
  type V3AmlPayload,
  type V3IdentityPayload,
  type V3IdFields,
  type V3Payload,
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
          expectTypeOf(event.payload.people)
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

  test('and documented paths have types', () => {
    const aml = {} as V1AmlPayload
    expectTypeOf(aml.people?.[0]?.addresses).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(aml.people?.[0]?.aliases).toEqualTypeOf<readonly string[] | undefined>()
    expectTypeOf(aml.people?.[0]?.adverse_media?.[0]?.publisher).toEqualTypeOf<string | undefined>()
    expectTypeOf(aml.people?.[0]?.pep?.political_positions?.[0]?.to).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(aml.people?.[0]?.pep?.sources?.[0]?.source_name).toEqualTypeOf<string | undefined>()
    expectTypeOf(aml.people?.[0]?.sanctions?.[0]?.source_details?.source_link).toEqualTypeOf<
      readonly string[] | undefined
    >()
    const business = {} as V1BusinessPayload
    expectTypeOf(business.company_information?.legal_name).toEqualTypeOf<string | undefined>()
    expectTypeOf(business.directors?.[0]?.id_number).toEqualTypeOf<string | undefined>()
    expectTypeOf(business.beneficial_owners?.[0]?.shareholdings).toEqualTypeOf<string | undefined>()
    expectTypeOf(business.Actions?.Verify_Business).toEqualTypeOf<string | undefined>()
    expectTypeOf(({} as V1DocumentPayload).Secondary_ID_Number).toEqualTypeOf<number | string | undefined>()
    const address = {} as PayloadOf<'address_verification'>
    if (isV3Payload(address)) expectTypeOf(address.consent?.schema_version).toEqualTypeOf<string | null | undefined>()
    if (isV3Payload(address)) expectTypeOf(address.antifraud).toEqualTypeOf<V3Payload['antifraud']>()
    expectTypeOf(({} as V3IdFields).full_name).toEqualTypeOf<string | null | undefined>()
  })

  test('and keys that are not documented are errors, reached as LoosePayload alone', () => {
    const business = {} as V1BusinessPayload
    // @ts-expect-error it is not documented
    expectTypeOf(business.company_information?.['share_capital'])
    expectTypeOf((business.company_information as LoosePayload)['share_capital']).toBeUnknown()
    callbacks.on('document_verification.approved', ({ payload, result }) => {
      // @ts-expect-error a mistyped key
      available(payload.FulName)
      expectTypeOf(available(payload.FullName)).toEqualTypeOf<string | undefined>()
      // @ts-expect-error a mistyped key
      expectTypeOf(payload.id_fields?.full_nam)
      expectTypeOf(payload.id_fields?.full_name).toEqualTypeOf<string | null | undefined>()
      expectTypeOf((payload as LoosePayload)['New_Key']).toBeUnknown()
      const loose: LoosePayload = payload
      expectTypeOf(loose['New_Key']).toBeUnknown()
      expectTypeOf(result.actions?.Liveness_Check).toEqualTypeOf<string | undefined>()
      // @ts-expect-error a mistyped key
      expectTypeOf(result.actions?.Livenes_Check)
      expectTypeOf((result.actions as LoosePayload | undefined)?.['New_Check']).toBeUnknown()
      // @ts-expect-error of another product
      expectTypeOf(payload.company_information)
    })
    callbacks.on('id_info', ({ payload }) => {
      // @ts-expect-error a mistyped key
      expectTypeOf(payload.FulName)
    })
  })

  test('keys of either generation are there before it is asked for', () => {
    callbacks.on('document_verification', (event) => {
      if (event.kind !== 'result') return
      expectTypeOf(event.payload.FullName).toEqualTypeOf<string | undefined>()
      expectTypeOf(event.payload.image_links?.selfie_image).toEqualTypeOf<string | null | undefined>()
      if (isV3Payload(event.payload)) expectTypeOf(event.payload.FullName).toBeUndefined()
      if (isV1Payload(event.payload)) expectTypeOf(event.payload.image_links).toBeUndefined()
    })
  })

  test('schemas have one readable type', () => {
    expectTypeOf(payloadSchemas['v1.common']).toEqualTypeOf<z.ZodType>()
  })
})
