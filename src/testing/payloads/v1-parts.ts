import type { Json } from '../../lib/json.ts'
import type { Product } from '../../types/names.ts'
import { person, picture } from './subject.ts'

const missing = 'Not Available'

/** The result of an ID look-up. contract/v1.md §1.1. */
export function idInfoPart(found: boolean): Json {
  const asked = { Country: 'NG', IDType: 'BVN', IDNumber: person.idNumber }
  if (!found) return { ...asked, ExpirationDate: missing, FullName: missing, DOB: missing, Photo: missing }
  return {
    ...asked,
    ExpirationDate: missing,
    FullName: person.full,
    DOB: person.born,
    Photo: picture,
    PhoneNumber: missing,
    Gender: 'Female',
    Address: missing,
    FullData: {},
  }
}

/** contract/v1.md §1.4: personal fields are absent when the document was not accepted. */
export function documentPart(accepted: boolean): Json {
  const links = {
    ImageLinks: {
      selfie_image: 'https://files.example.test/selfie.jpg?sig=invented',
      id_card_image: 'https://files.example.test/front.jpg?sig=invented',
    },
    KYCReceipt: 'https://portal.example.test/receipts/0000000000',
  }
  if (!accepted) return { Country: 'NG', IDType: 'PASSPORT', ...links }
  return {
    Country: 'NG',
    IDType: 'PASSPORT',
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
    ...links,
  }
}

/** contract/v1.md §1.7. */
export function businessPart(verified: boolean): Json {
  const common = { JSONVersion: '1.0.0', ResultType: 'Business Verification', IsFinalResult: 'true', success: verified }
  if (!verified) return common
  return {
    ...common,
    company_information: {
      legal_name: 'Invented Ventures Limited',
      registration_number: '0000000',
      company_type: 'PRIVATE_COMPANY_LIMITED_BY_SHARES',
      country: 'Nigeria',
      registration_date: '2014-05-05T00:00:00.000+00:00',
      status: 'ACTIVE',
    },
    fiduciaries: [],
    beneficial_owners: [{ name: person.full, shareholdings: '100' }],
    proprietors: [],
    directors: [{ name: person.full }],
    documents: { search_certificate: '' },
  }
}

/** contract/v1.md §1.8. */
export function peoplePart(found: boolean): Json {
  const listed = {
    name: person.full,
    dates_of_birth: [person.born],
    pep: {
      pep_level: 1,
      political_positions: [{ country: 'Nigeria', from: '2015-01-01', position: 'Invented office', to: null }],
    },
  }
  return { no_of_persons_found: found ? 1 : 0, StrictMatch: true, people: found ? [listed] : [] }
}

/** contract/v1.md §1.11. */
export const matchedPart = (matched: boolean): Json => ({
  MatchedFields: matched ? { first_name: 'Exact Match', last_name: 'Exact Match' } : {},
})

/** The course of a job, as told by its actions. */
export type Course = 'passed' | 'failed' | 'review' | 'none'

type Column = Record<Course, string>

const column = (passed: string, failed: string, review: string, none = 'Not Applicable'): Column => ({
  passed,
  failed,
  review,
  none,
})
const never = column('Not Applicable', 'Not Applicable', 'Not Applicable')
const passes = column('Passed', 'Passed', 'Passed')
const completes = column('Completed', 'Failed', 'Completed')
const looked = column('Verified', 'Not Verified', 'Verified')
const returned = column('Returned', 'Not Returned', 'Returned', 'Not Returned')
const liveness = column('Passed', 'Failed', 'Under Review')
const registers = column('Approved', 'Rejected', 'Provisionally Approved')

const selfieActions: Readonly<Record<string, Column>> = {
  Selfie_Provided: passes,
  Liveness_Check: liveness,
  Register_Selfie: registers,
  Human_Review_Compare: never,
  Human_Review_Liveness_Check: never,
  Human_Review_Update_Selfie: never,
  Selfie_To_ID_Card_Compare: never,
  Selfie_To_ID_Authority_Compare: never,
  Selfie_To_Registered_Selfie_Compare: never,
  Update_Registered_Selfie_On_File: never,
  Verify_ID_Number: never,
  Return_Personal_Info: never,
}
const idActions = { Verify_ID_Number: looked, Return_Personal_Info: returned }
const documentActions = {
  Liveness_Check: liveness,
  Register_Selfie: registers,
  Verify_Document: column('Passed', 'Failed', 'Under Review'),
  Document_Check: column('Passed', 'Failed', 'Sent to Human Review'),
  Return_Personal_Info: returned,
  Selfie_To_ID_Card_Compare: completes,
  Human_Review_Compare: never,
  Human_Review_Liveness_Check: never,
  Human_Review_Document_Check: never,
}
const match = column('Exact Match', 'No Match', 'Partial Match', 'Not Provided')

const screening = { Listed: column('Not Listed', 'Listed', 'Listed', 'Listed') }

/** The actions of each product. contract/v1.md §3.2. */
const actionsByProduct: Partial<Record<Product, Readonly<Record<string, Column>>>> = {
  biometric_kyc: { ...selfieActions, ...idActions, Selfie_To_ID_Authority_Compare: completes },
  smart_selfie_registration: selfieActions,
  smart_selfie_authentication: {
    ...selfieActions,
    Register_Selfie: never,
    Selfie_To_Registered_Selfie_Compare: completes,
  },
  basic_kyc: {
    Return_Personal_Info: never,
    Verify_ID_Number: looked,
    Names: match,
    DOB: match,
    Gender: match,
    Phone_Number: match,
    ID_Verification: match,
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
  const columns = actionsByProduct[product]
  return columns && filled(columns, course)
}

const filled = (columns: Readonly<Record<string, Column>>, course: Course): Json =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[course]]))
