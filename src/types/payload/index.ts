import type { Product } from '../names.ts'
import type { V1AmlPayload, V1BasicKycPayload, V1BusinessPayload, V1DocumentPayload, V1IdentityPayload, V1IdInfoPayload, V1Payload } from './v1.ts'
import type { V3AmlPayload, V3IdentityPayload, V3Payload, V3ResidencyPayload } from './v3.ts'

/** The payload of a product's results, both generations; `isV1Payload` and `isV3Payload` tell them apart. Contract v1, section 1; v3, section 2.4. */
export interface PayloadByProduct {
  /** v1 job type 1. */
  biometric_kyc: V1IdentityPayload | V3IdentityPayload
  /** v1 job type 4. */
  smart_selfie_registration: V1Payload | V3IdentityPayload
  /** v1 job type 2. */
  smart_selfie_authentication: V1Payload | V3IdentityPayload
  /** v3 alone. */
  smart_selfie_compare: V1Payload | V3IdentityPayload
  /** v1 job type 5, codes 1020 to 1023. */
  basic_kyc: V1BasicKycPayload | V3IdentityPayload
  /** v1 job type 5, codes 1012 to 1016. */
  enhanced_kyc: V1IdentityPayload | V3IdentityPayload
  /** v1 job type 6. */
  document_verification: V1DocumentPayload | V3IdentityPayload
  /** v1 job type 11. */
  enhanced_document_verification: V1DocumentPayload | V3IdentityPayload
  /** v1 job type 7; v3 has none yet. */
  business_verification: V1BusinessPayload | V3Payload
  /** v1 job type 10. */
  one_time_aml: V1AmlPayload | V3AmlPayload
  /** v3 alone, as events of kind `monitoring`. */
  aml_monitoring: V1Payload | V3AmlPayload
  /** v1 job type 12. */
  address_verification: V1Payload | V3Payload
  /** v3 alone. */
  residency_document_verification: V1Payload | V3ResidencyPayload
  /** v3 alone. */
  phone_number_verification: V1Payload | V3Payload
  /** v1 job type 8. */
  update_photo: V1Payload | V3Payload
  /** v1 job type 9. */
  compare_user_info: V1Payload | V3Payload
  /** A product that this version cannot name. */
  unknown: V1Payload | V3Payload
}

/** The payload of one product's results, of either generation. */
export type PayloadOf<P extends Product> = PayloadByProduct[P]

/** Only v1 has the ID look-up as a callback of its own. Contract v1, section 1.1. */
export type IdInfoPayload = V1IdInfoPayload
/** Only v1 has Smile Secure as a callback of its own. Contract v1, section 1.9. */
export type SmileSecurePayload = V1Payload
/** Little of it is published: every key may be absent. Contract v3, section 2.4. */
export type MonitoringPayload = V3AmlPayload
