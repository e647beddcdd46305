import type { Product, ProductRow } from '../products.ts'
import { type Absent, type Documented, type Field, object } from './fields.ts'
import {
  v1Fields,
  type V1AmlPayload,
  type V1BasicKycPayload,
  type V1BusinessPayload,
  type V1DocumentPayload,
  type V1IdentityPayload,
  type V1IdInfoPayload,
  type V1Key,
  type V1Payload,
  type V1PhonePayload,
} from './v1.ts'
import { v3Fields, type V3AmlAntifraud, type V3Antifraud, type V3Parts } from './v3.ts'

type V3Envelope = Documented<V3Parts['envelope']> & Absent<V1Key>

/** Keys of every v3 callback. contract/v3.md §2.1. */
export type V3Payload = V3Envelope & { readonly antifraud?: V3Antifraud | V3AmlAntifraud | null }

/** Biometric, selfie, document and KYC products. contract/v3.md §2.4. */
export type V3IdentityPayload = V3Envelope & Documented<V3Parts['identity']>

/** Residency document: `additional_documents` is empty on block and error. contract/v3.md §2.4. */
export type V3ResidencyPayload = V3IdentityPayload & Documented<V3Parts['residency']>

/** One-time AML. contract/v3.md §2.4. */
export type V3AmlPayload = V3Envelope & Documented<V3Parts['aml']>

/** Payload type of each schema. */
export interface PayloadBySchema {
  'v1.common': V1Payload
  'v1.identity': V1IdentityPayload
  'v1.basic_kyc': V1BasicKycPayload
  'v1.document': V1DocumentPayload
  'v1.business_verification': V1BusinessPayload
  'v1.one_time_aml': V1AmlPayload
  'v1.phone_number_verification': V1PhonePayload
  'v3.common': V3Payload
  'v3.identity': V3IdentityPayload
  'v3.residency_document_verification': V3ResidencyPayload
  'v3.one_time_aml': V3AmlPayload
}

/** The documented fields of each payload. */
export const payloadFields = Object.fromEntries(
  Object.entries({ ...v1Fields, ...v3Fields }).map(([name, fields]) => [name, object(fields)]),
) as Readonly<Record<keyof PayloadBySchema, Field>>

/**
 * The payload of a product's results, both generations; `isV1Payload` and `isV3Payload` tell them apart.
 * contract/v1.md §1; contract/v3.md §2.4.
 */
export type PayloadByProduct = {
  [Row in ProductRow as Row['name']]: PayloadBySchema[Row['v1']] | PayloadBySchema[Row['v3']]
}

/** The payload of one product's results, of either generation. */
export type PayloadOf<P extends Product> = PayloadByProduct[P]

/** Only v1 has the ID look-up as a callback of its own. contract/v1.md §1.1. */
export type IdInfoPayload = V1IdInfoPayload
/** Only v1 has Smile Secure as a callback of its own. contract/v1.md §1.9. */
export type SmileSecurePayload = V1Payload
/** Little of it is published, so every key is optional. contract/v3.md §2.4. */
export type MonitoringPayload = V3AmlPayload
