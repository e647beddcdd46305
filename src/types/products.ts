const named = <const Name extends string>(name: Name) => ({ name, v3Names: [name] }) as const

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
    ...named('biometric_kyc'),
    jobTypes: [1],
    v1: 'v1.identity',
    kinds: ['result', 'id_info', 'smile_secure'],
  },
  { ...selfie, ...named('smart_selfie_registration'), jobTypes: [4] },
  { ...selfie, ...named('smart_selfie_authentication'), jobTypes: [2] },
  { ...onlyV3, ...named('smart_selfie_compare'), v3: 'v3.identity' },
  { ...person, ...named('basic_kyc'), jobTypes: [5], codes: ['1020', '1021', '1022', '1023'], v1: 'v1.basic_kyc' },
  {
    ...person,
    ...named('enhanced_kyc'),
    jobTypes: [5],
    codes: ['1011', '1012', '1013', '1014', '1015', '1016'],
    v1: 'v1.identity',
  },
  { ...document, name: 'document_verification', jobTypes: [6], v3Names: ['document_verification', 'doc_verification'] },
  { ...document, ...named('enhanced_document_verification'), jobTypes: [11] },
  { ...onlyV1, ...named('business_verification'), jobTypes: [7], v1: 'v1.business_verification' },
  { ...aml, ...named('one_time_aml'), jobTypes: [15] },
  {
    ...aml,
    name: 'aml_monitoring',
    jobTypes: [10],
    v3Names: ['aml', 'aml_monitoring', 'aml_monitoring_update'],
    kinds: ['result', 'monitoring'],
  },
  { ...common, ...named('address_verification'), jobTypes: [12] },
  { ...onlyV3, ...named('residency_document_verification'), v3: 'v3.residency_document_verification' },
  { ...common, ...named('phone_number_verification'), jobTypes: [], v1: 'v1.phone_number_verification' },
  { ...onlyV1, ...named('update_photo'), jobTypes: [8] },
  { ...onlyV1, ...named('compare_user_info'), jobTypes: [9] },
  { ...common, name: 'unknown', jobTypes: [], v3Names: [], kinds: judged },
] as const

export type ProductRow = (typeof productRows)[number]

/** The product of a job; `unknown` if this version cannot name it. */
export type Product = ProductRow['name']

const rowByName = new Map<string, ProductRow>(productRows.map((row) => [row.name, row]))

export const rowOf = (product: Product): ProductRow => rowByName.get(product) as ProductRow
