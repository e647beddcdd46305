import type { V3Key } from './v3.ts'
import {
  type Absent,
  anyObject,
  arrayOf,
  boolean,
  booleanLike,
  closed,
  type Documented,
  each,
  type Field,
  list,
  nullable,
  nullableText,
  numberLike,
  object,
  open,
  openAs,
  text,
  texts,
} from './fields.ts'

const partnerParams = each(['job_id', 'user_id', 'job_type'], numberLike)

/** Partner params of a v1 callback, as echoed; your own keys are in `event.partnerParams`. contract/v1.md §5. */
export interface V1PartnerParams extends Documented<typeof partnerParams> {}

const imageLinks = each(['selfie_image', 'id_card_image', 'id_card_back', 'id_photo_image'], text)

/** Links to pictures, signed and short-lived. contract/v1.md §1.0. */
export interface V1ImageLinks extends Documented<typeof imageLinks> {}

// prettier-ignore
const actions = each([
  'Selfie_Provided', 'Selfie_Check', 'Liveness_Check', 'Register_Selfie', 'Verify_ID_Number', 'Return_Personal_Info',
  'Selfie_To_ID_Authority_Compare', 'Selfie_To_ID_Card_Compare', 'Selfie_To_Registered_Selfie_Compare',
  'Update_Registered_Selfie_On_File', 'Human_Review_Compare', 'Human_Review_Liveness_Check',
  'Human_Review_Update_Selfie', 'Human_Review_Selfie_Check', 'Verify_Document', 'Document_Check',
  'Human_Review_Document_Check', 'Verify_Business', 'Return_Business_Info', 'Listed', 'Names', 'DOB', 'Gender',
  'Phone_Number', 'ID_Verification',
], text)

/** Each check with its result, such as `{ Liveness_Check: 'Passed' }`; the set is open. contract/v1.md §3.2. */
export interface V1Actions extends Documented<typeof actions> {}

const suspect = { user_id: numberLike, reason: text, reasons: texts }

/** One user that Smile Secure suspects: `reason` in the older shape, `reasons` in the newer. contract/v1.md §1.9. */
export interface V1SuspectUser extends Documented<typeof suspect> {}

const suspects = arrayOf(object<V1SuspectUser>(suspect))
const antifraud = {
  SuspectUsers: suspects,
  summary: closed({ fraud_sources: texts, fraud_detected: boolean }),
  smile_secure: closed({ ResultCode: numberLike, ResultText: text, SuspectUsers: suspects }),
}

/** `Antifraud`, both shapes. `event.suspects` reads either. contract/v1.md §1.9. */
export interface V1Antifraud extends Documented<typeof antifraud> {}

const common = {
  ...each(['ResultText', 'ResultType', 'JSONVersion', 'Source', 'signature', 'KYCReceipt'], text),
  ...each(['ResultCode', 'SmileJobID', 'ConfidenceValue', 'timestamp'], numberLike),
  ...each(['IsFinalResult', 'IsMachineResult'], booleanLike),
  PartnerParams: openAs<V1PartnerParams>(partnerParams),
  /** Each action with its result, such as `{ Liveness_Check: 'Passed' }`. contract/v1.md §3.2. */
  Actions: object<V1Actions>(actions),
  ImageLinks: object<V1ImageLinks>(imageLinks),
  Antifraud: object<V1Antifraud>(antifraud),
}

/** Keys of every v1 callback. Absent data may be the string `"Not Available"`: see `available`. contract/v1.md §1.0. */
export type V1Payload = Documented<typeof common> & Absent<V3Key>

// prettier-ignore
const identity = {
  ...each([
    'Country', 'IDType', 'FullName', 'FirstName', 'LastName', 'OtherName', 'OtherNames', 'DOB', 'Gender', 'Address',
    'ExpirationDate', 'IssuanceDate',
  ], text),
  ...each(['IDNumber', 'SecondaryIDNumber', 'PhoneNumber', 'PhoneNumber2'], numberLike),
  /** As the Android SDK names it. */
  Secondary_ID_Number: numberLike,
  /** Base64, or `"Not Available"`. */
  Photo: text,
  /** Base64, or `"Not Available"`. */
  Document: text,
  /** Data from the ID authority, in its own words. */
  FullData: anyObject,
  IDNumberPreviouslyRegistered: booleanLike,
  UserIDsOfPreviousRegistrants: texts,
}

/** The person, as the ID authority or the document has it. contract/v1.md §1.1, §1.3 to §1.5. */
export type V1IdentityPayload = V1Payload & Documented<typeof identity>

/** `id_info` of a biometric job. contract/v1.md §1.1. */
export type V1IdInfoPayload = V1IdentityPayload

const basicKyc = { ...each(['FullName', 'DOB', 'photo'], text), PhoneNumber: numberLike }

/** Basic KYC: `Actions` says which fields matched. contract/v1.md §1.3. */
export type V1BasicKycPayload = V1Payload & Documented<typeof basicKyc>

// prettier-ignore
const registry = {
  ...each([
    'IDStatus', 'Nationality', 'Email', 'Occupation', 'Title', 'DateOfDeath', 'CountryOfBirth', 'PlaceOfBirth',
    'PlaceOfIssuance', 'RegionOfOrigin', 'LocalAreaOfOrigin',
  ], text),
  IsAlive: booleanLike,
}

/** Document Verification, plain and enhanced. contract/v1.md §1.4 and §1.5. */
export type V1DocumentPayload = V1IdentityPayload & Documented<typeof registry>

// prettier-ignore
const company = each([
  'company_type', 'country', 'address', 'registration_number', 'search_number', 'authorized_shared_capital',
  'industry', 'tax_id', 'registration_date', 'phone', 'legal_name', 'state', 'email', 'status',
], text)

/** A company, as its register has it. contract/v1.md §1.7. */
export interface V1Company extends Documented<typeof company> {}

// prettier-ignore
const party = each([
  'name', 'address', 'shareholdings', 'shareholder_type', 'fiduciary_type', 'registration_number', 'status', 'gender',
  'nationality', 'phone_number', 'date_of_birth', 'occupation', 'id_number', 'id_type',
], text)

/**
 * An owner, director, proprietor or fiduciary: a person or another company, with some of these keys.
 * contract/v1.md §1.7.
 */
export interface V1BusinessParty extends Documented<typeof party> {}

const parties = arrayOf(openAs<V1BusinessParty>(party))
const business = {
  company_information: openAs<V1Company>(company),
  ...each(['fiduciaries', 'beneficial_owners', 'proprietors', 'directors'], parties),
  documents: open({ search_certificate: text }),
  success: booleanLike,
}

/** Business Verification. contract/v1.md §1.7. */
export type V1BusinessPayload = V1Payload & Documented<typeof business>

const manyOf = <Name extends string, T>(names: readonly Name[], type: Field<T>) => {
  const fields = each(names, type)
  return arrayOf(open(fields))
}
const person = {
  name: text,
  ...each(['addresses', 'aliases', 'nationalities', 'dates_of_birth'], texts),
  enforcement_actions: list,
  adverse_media: manyOf(['date_published', 'publisher', 'source_link', 'title'], text),
  associations: manyOf(['association_type', 'name', 'relationship'], text),
  /** A politically exposed person. */
  pep: open({
    pep_level: nullable(numberLike),
    /** `to` is null for a position that is still held. */
    political_positions: manyOf(['country', 'from', 'position', 'to'], nullableText),
    sources: manyOf(['source_link', 'source_name'], text),
  }),
  sanctions: arrayOf(
    open({
      ...each(['date_of_birth', 'nationality'], text),
      source_details: open({ ...each(['listed_date', 'source_name', 'source_type'], text), source_link: texts }),
    }),
  ),
}

/** One person found on a list. contract/v1.md §1.8. */
export interface V1AmlPerson extends Documented<typeof person> {}

const aml = { StrictMatch: booleanLike, no_of_persons_found: numberLike, people: arrayOf(openAs<V1AmlPerson>(person)) }

/** AML. contract/v1.md §1.8. */
export type V1AmlPayload = V1Payload & Documented<typeof aml>

/** Each field with its result, such as `{ first_name: 'Exact Match' }`. */
const phone = { MatchedFields: anyObject }

/** Phone Number Verification. contract/v1.md §1.11. */
export type V1PhonePayload = V1Payload & Documented<typeof phone>

/** The documented fields of each v1 payload, by schema. */
export const v1Fields = {
  'v1.common': common,
  'v1.identity': { ...common, ...identity },
  'v1.basic_kyc': { ...common, ...basicKyc },
  'v1.document': { ...common, ...identity, ...registry },
  'v1.business_verification': { ...common, ...business },
  'v1.one_time_aml': { ...common, ...aml },
  'v1.phone_number_verification': { ...common, ...phone },
}

/** Keys that no v3 payload has. */
export type V1Key =
  | keyof typeof common
  | keyof typeof identity
  | keyof typeof basicKyc
  | keyof typeof registry
  | keyof typeof business
  | keyof typeof phone
  | 'StrictMatch'
