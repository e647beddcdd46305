/** Defaults of most rows. */
const common = { v1: 'v1.common', v3: 'v3.common', sentBy: ['v1', 'v3'], kinds: ['result'] } as const
const person = { ...common, v3: 'v3.identity' } as const
const judged = ['result', 'smile_secure'] as const
const selfie = { ...person, kinds: judged } as const
const document = { ...selfie, v1: 'v1.document' } as const
const aml = { ...common, v1: 'v1.one_time_aml', v3: 'v3.one_time_aml' } as const
const onlyV1 = { ...common, sentBy: ['v1'] } as const
const onlyV3 = { ...common, jobTypes: [], sentBy: ['v3'] } as const

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
    ...person,
    name: 'biometric_kyc',
    jobTypes: [1],
    v3Names: ['biometric_kyc'],
    v1: 'v1.identity',
    kinds: ['result', 'id_info', 'smile_secure'],
  },
  { ...selfie, name: 'smart_selfie_registration', jobTypes: [4], v3Names: ['smart_selfie_registration'] },
  { ...selfie, name: 'smart_selfie_authentication', jobTypes: [2], v3Names: ['smart_selfie_authentication'] },
  { ...onlyV3, name: 'smart_selfie_compare', v3Names: ['smart_selfie_compare'], v3: 'v3.identity' },
  {
    ...person,
    name: 'basic_kyc',
    jobTypes: [5],
    codes: ['1020', '1021', '1022', '1023'],
    v3Names: ['basic_kyc'],
    v1: 'v1.basic_kyc',
  },
  {
    ...person,
    name: 'enhanced_kyc',
    jobTypes: [5],
    codes: ['1011', '1012', '1013', '1014', '1015', '1016'],
    v3Names: ['enhanced_kyc'],
    v1: 'v1.identity',
  },
  { ...document, name: 'document_verification', jobTypes: [6], v3Names: ['document_verification', 'doc_verification'] },
  { ...document, name: 'enhanced_document_verification', jobTypes: [11], v3Names: ['enhanced_document_verification'] },
  {
    ...onlyV1,
    name: 'business_verification',
    jobTypes: [7],
    v3Names: ['business_verification'],
    v1: 'v1.business_verification',
  },
  { ...aml, name: 'one_time_aml', jobTypes: [15], v3Names: ['one_time_aml'] },
  {
    ...aml,
    name: 'aml_monitoring',
    jobTypes: [10],
    v3Names: ['aml', 'aml_monitoring', 'aml_monitoring_update'],
    kinds: ['result', 'monitoring'],
  },
  { ...common, name: 'address_verification', jobTypes: [12], v3Names: ['address_verification'] },
  {
    ...onlyV3,
    name: 'residency_document_verification',
    v3Names: ['residency_document_verification'],
    v3: 'v3.residency_document_verification',
  },
  {
    ...common,
    name: 'phone_number_verification',
    jobTypes: [],
    v3Names: ['phone_number_verification'],
    v1: 'v1.phone_number_verification',
  },
  { ...onlyV1, name: 'update_photo', jobTypes: [8], v3Names: ['update_photo'] },
  { ...onlyV1, name: 'compare_user_info', jobTypes: [9], v3Names: ['compare_user_info'] },
  { ...common, name: 'unknown', jobTypes: [], v3Names: [], kinds: judged },
] as const

export type ProductRow = (typeof productRows)[number]

/** The product of a job; `unknown` if this version cannot name it. */
export type Product = ProductRow['name']

const rowByName = new Map<string, ProductRow>(productRows.map((row) => [row.name, row]))

export const rowOf = (product: Product): ProductRow => rowByName.get(product) as ProductRow
