import type * as z from 'zod'
import type { Product } from '../../types/names.ts'
import { loose, makeParts, strict, type MakeObject } from './parts.ts'
import { v1Schemas } from './v1.ts'
import { v3Schemas } from './v3.ts'

function all(object: MakeObject) {
  const parts = makeParts()
  return { ...v1Schemas(object, parts), ...v3Schemas(object, parts) }
}

/** `<generation>.<shape>`, such as `v3.identity`: also the name of the file under `express-smile-id/schemas/`. */
export type SchemaName = keyof ReturnType<typeof all>

const schemaNames: Readonly<Record<SchemaName, true>> = {
  'v1.common': true,
  'v1.identity': true,
  'v1.basic_kyc': true,
  'v1.document': true,
  'v1.business_verification': true,
  'v1.one_time_aml': true,
  'v3.common': true,
  'v3.identity': true,
  'v3.residency_document_verification': true,
  'v3.one_time_aml': true,
}

/** Made when the first is asked for: making them takes longer than all else at start. */
function lazily(object: MakeObject): Readonly<Record<SchemaName, z.ZodType>> {
  let made: Readonly<Record<SchemaName, z.ZodType>> | undefined
  const getters = Object.keys(schemaNames).map((name) => [
    name,
    { enumerable: true, get: () => (made ??= all(object))[name as SchemaName] },
  ])
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(getters) as PropertyDescriptorMap)) as Record<SchemaName, z.ZodType>
}

/** What is used at run time: unknown keys are fine. */
export const payloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = lazily(loose)

/** The same, refusing unknown keys: for tests that are to notice when Smile ID adds something. */
export const strictPayloadSchemas: Readonly<Record<SchemaName, z.ZodType>> = lazily(strict)

const names: Readonly<Record<Product, readonly [v1: SchemaName, v3: SchemaName]>> = {
  biometric_kyc: ['v1.identity', 'v3.identity'],
  smart_selfie_registration: ['v1.common', 'v3.identity'],
  smart_selfie_authentication: ['v1.common', 'v3.identity'],
  smart_selfie_compare: ['v1.common', 'v3.identity'],
  basic_kyc: ['v1.basic_kyc', 'v3.identity'],
  enhanced_kyc: ['v1.identity', 'v3.identity'],
  document_verification: ['v1.document', 'v3.identity'],
  enhanced_document_verification: ['v1.document', 'v3.identity'],
  business_verification: ['v1.business_verification', 'v3.common'],
  one_time_aml: ['v1.one_time_aml', 'v3.one_time_aml'],
  aml_monitoring: ['v1.common', 'v3.one_time_aml'],
  address_verification: ['v1.common', 'v3.common'],
  residency_document_verification: ['v1.common', 'v3.residency_document_verification'],
  phone_number_verification: ['v1.common', 'v3.common'],
  update_photo: ['v1.common', 'v3.common'],
  compare_user_info: ['v1.common', 'v3.common'],
  unknown: ['v1.common', 'v3.common'],
}

/** The schema of a product's payload, by the shape it has. */
export function schemaNameOf(product: Product, shape: 'v1' | 'v3'): SchemaName {
  return names[product][shape === 'v1' ? 0 : 1]
}

export const schemaOf = (product: Product, shape: 'v1' | 'v3'): z.ZodType => payloadSchemas[schemaNameOf(product, shape)]
