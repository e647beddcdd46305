/**
 * One row per product. Names, payload types, decoders, schemas and the test kit read it.
 *
 * - `jobTypes`: v1 job types. Two products share 5: the code tells them apart, see `codes`.
 * - `v3Names`: names in the v3 field `product`; the first is the one used in verdicts.
 * - `v1`, `v3`: the schema of its payload, of either shape.
 * - `sentBy`: the generations known to send it; the decoders do not rely on it.
 * - `kinds`: kinds of its events.
 * - `codes`: the only v1 codes it has, if the job type does not tell.
 *
 * contract/v1.md §1, §3.1; contract/v3.md §3.2.
 */
export const productRows = [
  {
    name: 'biometric_kyc',
    jobTypes: [1],
    v3Names: ['biometric_kyc'],
    v1: 'v1.identity',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'id_info', 'smile_secure'],
  },
  {
    name: 'smart_selfie_registration',
    jobTypes: [4],
    v3Names: ['smart_selfie_registration'],
    v1: 'v1.common',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'smile_secure'],
  },
  {
    name: 'smart_selfie_authentication',
    jobTypes: [2],
    v3Names: ['smart_selfie_authentication'],
    v1: 'v1.common',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'smile_secure'],
  },
  {
    name: 'smart_selfie_compare',
    jobTypes: [],
    v3Names: ['smart_selfie_compare'],
    v1: 'v1.common',
    v3: 'v3.identity',
    sentBy: ['v3'],
    kinds: ['result'],
  },
  {
    name: 'basic_kyc',
    jobTypes: [5],
    codes: ['1020', '1021', '1022', '1023'],
    v3Names: ['basic_kyc'],
    v1: 'v1.basic_kyc',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result'],
  },
  {
    name: 'enhanced_kyc',
    jobTypes: [5],
    codes: ['1011', '1012', '1013', '1014', '1015', '1016'],
    v3Names: ['enhanced_kyc'],
    v1: 'v1.identity',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result'],
  },
  {
    name: 'document_verification',
    jobTypes: [6],
    v3Names: ['document_verification', 'doc_verification'],
    v1: 'v1.document',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'smile_secure'],
  },
  {
    name: 'enhanced_document_verification',
    jobTypes: [11],
    v3Names: ['enhanced_document_verification'],
    v1: 'v1.document',
    v3: 'v3.identity',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'smile_secure'],
  },
  {
    name: 'business_verification',
    jobTypes: [7],
    v3Names: ['business_verification'],
    v1: 'v1.business_verification',
    v3: 'v3.common',
    sentBy: ['v1'],
    kinds: ['result'],
  },
  {
    name: 'one_time_aml',
    jobTypes: [15],
    v3Names: ['one_time_aml'],
    v1: 'v1.one_time_aml',
    v3: 'v3.one_time_aml',
    sentBy: ['v1', 'v3'],
    kinds: ['result'],
  },
  {
    name: 'aml_monitoring',
    jobTypes: [10],
    v3Names: ['aml', 'aml_monitoring', 'aml_monitoring_update'],
    v1: 'v1.one_time_aml',
    v3: 'v3.one_time_aml',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'monitoring'],
  },
  {
    name: 'address_verification',
    jobTypes: [12],
    v3Names: ['address_verification'],
    v1: 'v1.common',
    v3: 'v3.common',
    sentBy: ['v1', 'v3'],
    kinds: ['result'],
  },
  {
    name: 'residency_document_verification',
    jobTypes: [],
    v3Names: ['residency_document_verification'],
    v1: 'v1.common',
    v3: 'v3.residency_document_verification',
    sentBy: ['v3'],
    kinds: ['result'],
  },
  {
    name: 'phone_number_verification',
    jobTypes: [],
    v3Names: ['phone_number_verification'],
    v1: 'v1.phone_number_verification',
    v3: 'v3.common',
    sentBy: ['v1', 'v3'],
    kinds: ['result'],
  },
  {
    name: 'update_photo',
    jobTypes: [8],
    v3Names: ['update_photo'],
    v1: 'v1.common',
    v3: 'v3.common',
    sentBy: ['v1'],
    kinds: ['result'],
  },
  {
    name: 'compare_user_info',
    jobTypes: [9],
    v3Names: ['compare_user_info'],
    v1: 'v1.common',
    v3: 'v3.common',
    sentBy: ['v1'],
    kinds: ['result'],
  },
  {
    name: 'unknown',
    jobTypes: [],
    v3Names: [],
    v1: 'v1.common',
    v3: 'v3.common',
    sentBy: ['v1', 'v3'],
    kinds: ['result', 'smile_secure'],
  },
] as const

export type ProductRow = (typeof productRows)[number]

/** The product of a job; `unknown` if this version cannot name it. */
export type Product = ProductRow['name']

const rowByName = new Map<string, ProductRow>(productRows.map((row) => [row.name, row]))

export const rowOf = (product: Product): ProductRow => rowByName.get(product) as ProductRow
