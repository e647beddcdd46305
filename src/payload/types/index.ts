import type { Product } from '../../events/names.ts'
import type { V1AmlPayload, V1BasicKycPayload, V1BusinessPayload, V1DocumentPayload, V1IdentityPayload, V1IdInfoPayload, V1Payload } from './v1.ts'
import type { V3AmlPayload, V3IdentityPayload, V3Payload, V3ResidencyPayload } from './v3.ts'

/** The payload of a product's results, both generations; `isV1Payload` and `isV3Payload` tell them apart. */
export interface PayloadByProduct {
  biometric_kyc: V1IdentityPayload | V3IdentityPayload
  smart_selfie_registration: V1Payload | V3IdentityPayload
  smart_selfie_authentication: V1Payload | V3IdentityPayload
  smart_selfie_compare: V1Payload | V3IdentityPayload
  basic_kyc: V1BasicKycPayload | V3IdentityPayload
  enhanced_kyc: V1IdentityPayload | V3IdentityPayload
  document_verification: V1DocumentPayload | V3IdentityPayload
  enhanced_document_verification: V1DocumentPayload | V3IdentityPayload
  business_verification: V1BusinessPayload | V3Payload
  one_time_aml: V1AmlPayload | V3AmlPayload
  aml_monitoring: V1Payload | V3AmlPayload
  address_verification: V1Payload | V3Payload
  residency_document_verification: V1Payload | V3ResidencyPayload
  phone_number_verification: V1Payload | V3Payload
  update_photo: V1Payload | V3Payload
  compare_user_info: V1Payload | V3Payload
  unknown: V1Payload | V3Payload
}

export type PayloadOf<P extends Product> = PayloadByProduct[P]

/** Only v1 has the ID look-up as a callback of its own. */
export type IdInfoPayload = V1IdInfoPayload
/** Only v1 has Smile Secure as a callback of its own. */
export type SmileSecurePayload = V1Payload
/** Little of it is published: every key may be absent. Contract v3, section 2.4. */
export type MonitoringPayload = V3AmlPayload
