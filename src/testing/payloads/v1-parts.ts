import type { Json } from '../../lib/json.ts'
import type { Product } from '../../types/names.ts'
import { each } from '../../types/payload/fields.ts'
import { person, picture } from './subject.ts'

const missing = 'Not Available'

const lookUp = { JSONVersion: '1.0.0', IsFinalResult: 'true' }
const ofId = { ...lookUp, ResultType: 'ID Verification', Source: 'ID API' }

/** The result of an ID look-up. contract/v1.md §1.1. */
export const idInfoPart = (found: boolean): Json => ({
  ...ofId,
  Country: 'NG',
  IDType: 'BVN',
  IDNumber: person.idNumber,
  ...each(['ExpirationDate', 'FullName', 'DOB', 'Photo'], missing),
  ...(found && {
    FullName: person.full,
    DOB: person.born,
    Photo: picture,
    PhoneNumber: missing,
    Gender: 'Female',
    Address: missing,
    FullData: {},
  }),
})

/** contract/v1.md §1.4: personal fields are absent when the document was not accepted. */
const documentPart = (accepted: boolean): Json => ({
  Country: 'NG',
  IDType: 'PASSPORT',
  ...(accepted && {
    IDNumber: 'B00000001',
    FullName: person.full,
    FirstName: person.first,
    OtherName: person.middle,
    LastName: person.last,
    DOB: person.born,
    Gender: 'F',
    IssuanceDate: '2022-02-11',
    ExpirationDate: '2032-02-10',
    PhoneNumber2: missing,
    SecondaryIDNumber: missing,
    Document: picture,
  }),
  ImageLinks: {
    selfie_image: 'https://files.example.test/selfie.jpg?sig=invented',
    id_card_image: 'https://files.example.test/front.jpg?sig=invented',
  },
  KYCReceipt: 'https://portal.example.test/receipts/0000000000',
})

/** contract/v1.md §1.7. */
const businessPart = (verified: boolean): Json => ({
  ...lookUp,
  ResultType: 'Business Verification',
  success: verified,
  ...(verified && {
    company_information: {
      legal_name: 'Invented Ventures Limited',
      registration_number: '0000000',
      company_type: 'PRIVATE_COMPANY_LIMITED_BY_SHARES',
      country: 'Nigeria',
      registration_date: '2014-05-05T00:00:00.000+00:00',
      status: 'ACTIVE',
    },
    ...each(['fiduciaries', 'proprietors'], []),
    beneficial_owners: [{ name: person.full, shareholdings: '100' }],
    directors: [{ name: person.full }],
    documents: { search_certificate: '' },
  }),
})

/** contract/v1.md §1.8. */
function peoplePart(isClear: boolean): Json {
  const listed = {
    name: person.full,
    dates_of_birth: [person.born],
    pep: {
      pep_level: 1,
      political_positions: [{ country: 'Nigeria', from: '2015-01-01', position: 'Invented office', to: null }],
    },
  }
  const people = isClear ? [] : [listed]
  return { no_of_persons_found: people.length, StrictMatch: true, people }
}

/** contract/v1.md §1.11. */
const matchedPart = (matched: boolean): Json => ({
  MatchedFields: matched ? { first_name: 'Exact Match', last_name: 'Exact Match' } : {},
})

const selfiePart = (passed: boolean): Json => ({ ConfidenceValue: passed ? '99' : '0', Source: 'WebAPI' })

/** The fields of each product beside those of every callback. contract/v1.md §1. */
export const parts: Partial<Record<Product, (passed: boolean) => Json>> = {
  biometric_kyc: selfiePart,
  smart_selfie_registration: selfiePart,
  smart_selfie_authentication: selfiePart,
  enhanced_kyc: idInfoPart,
  basic_kyc: () => ofId,
  document_verification: documentPart,
  enhanced_document_verification: documentPart,
  business_verification: businessPart,
  one_time_aml: peoplePart,
  aml_monitoring: peoplePart,
  phone_number_verification: matchedPart,
}

/** The course of a job, as told by its actions. */
export type Course = 'passed' | 'failed' | 'review' | 'none'

/** An action's word for each course, in this order; without one it is `Not Applicable`. */
type Words = readonly string[]
const courses: readonly Course[] = ['passed', 'failed', 'review', 'none']

const passes = ['Passed', 'Passed', 'Passed']
const completes = ['Completed', 'Failed', 'Completed']
const looked = ['Verified', 'Not Verified', 'Verified']
const returned = ['Returned', 'Not Returned', 'Returned', 'Not Returned']
const liveness = ['Passed', 'Failed', 'Under Review']
const registers = ['Approved', 'Rejected', 'Provisionally Approved']
const match = ['Exact Match', 'No Match', 'Partial Match', 'Not Provided']

const reviewActions = each(['Human_Review_Compare', 'Human_Review_Liveness_Check'], [])
const selfieActions: Readonly<Record<string, Words>> = {
  ...reviewActions,
  Selfie_Provided: passes,
  Liveness_Check: liveness,
  Register_Selfie: registers,
  ...each(
    [
      'Human_Review_Update_Selfie',
      'Selfie_To_ID_Card_Compare',
      'Selfie_To_ID_Authority_Compare',
      'Selfie_To_Registered_Selfie_Compare',
      'Update_Registered_Selfie_On_File',
      'Verify_ID_Number',
      'Return_Personal_Info',
    ],
    [],
  ),
}
const idActions = { Verify_ID_Number: looked, Return_Personal_Info: returned }
const documentActions = {
  ...reviewActions,
  Liveness_Check: liveness,
  Register_Selfie: registers,
  Verify_Document: liveness,
  Document_Check: ['Passed', 'Failed', 'Sent to Human Review'],
  Return_Personal_Info: returned,
  Selfie_To_ID_Card_Compare: completes,
  Human_Review_Document_Check: [],
}
const screening = { Listed: ['Not Listed', 'Listed', 'Listed', 'Listed'] }

/** The actions of each product. contract/v1.md §3.2. */
const actionsByProduct: Partial<Record<Product, Readonly<Record<string, Words>>>> = {
  biometric_kyc: { ...selfieActions, ...idActions, Selfie_To_ID_Authority_Compare: completes },
  smart_selfie_registration: selfieActions,
  smart_selfie_authentication: {
    ...selfieActions,
    Register_Selfie: [],
    Selfie_To_Registered_Selfie_Compare: completes,
  },
  basic_kyc: {
    Return_Personal_Info: [],
    Verify_ID_Number: looked,
    ...each(['Names', 'DOB', 'Gender', 'Phone_Number', 'ID_Verification'], match),
  },
  enhanced_kyc: idActions,
  document_verification: documentActions,
  enhanced_document_verification: documentActions,
  business_verification: { Verify_Business: looked, Return_Business_Info: returned },
  one_time_aml: screening,
  aml_monitoring: screening,
}

/** The ID look-up step of a biometric job has these two alone. contract/v1.md §1.1. */
export const idInfoActions = (course: Course): Json => filled(idActions, course)

export function actionsOf(product: Product, course: Course): Json | undefined {
  const words = actionsByProduct[product]
  return words && filled(words, course)
}

const filled = (words: Readonly<Record<string, Words>>, course: Course): Json =>
  Object.fromEntries(Object.entries(words).map(([name, of]) => [name, of[courses.indexOf(course)] ?? 'Not Applicable']))
