import type { Json } from '../../lib/json.ts'
import { person, picture } from './subject.ts'

const missing = 'Not Available'

/** What the look-up of an ID number brings. contract/v1.md §1.1. */
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
    ImageLinks: { selfie_image: 'https://files.example.test/selfie.jpg?sig=invented', id_card_image: 'https://files.example.test/front.jpg?sig=invented' },
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
    pep: { pep_level: 1, political_positions: [{ country: 'Nigeria', from: '2015-01-01', position: 'Invented office', to: null }] },
  }
  return { no_of_persons_found: found ? 1 : 0, StrictMatch: true, people: found ? [listed] : [] }
}

/** contract/v1.md §1.11. */
export const matchedPart = (matched: boolean): Json => ({ MatchedFields: matched ? { first_name: 'Exact Match', last_name: 'Exact Match' } : {} })
