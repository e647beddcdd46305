import { expectTypeOf, test } from 'vitest'
import { sample, type Delivered, type SamplePayload } from '../../src/testing/index.ts'

test('samples are typed by product, kind and generation', () => {
  const listed = sample('one_time_aml', 'rejected', { generation: 'v3' })
  expectTypeOf(listed.people).not.toBeUnknown()
  expectTypeOf(listed.status).toEqualTypeOf<SamplePayload<'one_time_aml', 'rejected', 'v3'>['status']>()
  const business = sample('business_verification', 'approved', { generation: 'v1' })
  expectTypeOf(business.company_information).not.toBeUnknown()
  expectTypeOf(sample('biometric_kyc', 'id_info').FullName).not.toBeUnknown()
})

test('what cannot be is no override', () => {
  sample('one_time_aml', 'rejected', { generation: 'v3', people: [] })
  // @ts-expect-error a list is expected
  sample('one_time_aml', 'rejected', { generation: 'v3', people: 'nobody' })
  // @ts-expect-error no such product
  sample('passport', 'approved')
  // @ts-expect-error no such outcome
  sample('biometric_kyc', 'passed')
  // @ts-expect-error no such generation
  sample('biometric_kyc', 'approved', { generation: 'v2' })
  expectTypeOf<Delivered['status']>().toEqualTypeOf<number>()
})
