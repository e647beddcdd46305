import { expect, test } from 'vitest'
import type { Field } from '../../src/types/payload/fields.ts'
import { payloadFields } from '../../src/types/payload/index.ts'

// The documented paths of both contract pages, written down by hand: each has a type that is not unknown.

const v1 = `
  ResultCode ResultText SmileJobID ResultType IsFinalResult IsMachineResult JSONVersion ConfidenceValue Source signature
  timestamp KYCReceipt PartnerParams.job_id PartnerParams.user_id PartnerParams.job_type Actions.Selfie_Provided
  Actions.Selfie_Check Actions.Liveness_Check Actions.Register_Selfie Actions.Verify_ID_Number
  Actions.Return_Personal_Info Actions.Selfie_To_ID_Authority_Compare Actions.Selfie_To_ID_Card_Compare
  Actions.Selfie_To_Registered_Selfie_Compare Actions.Update_Registered_Selfie_On_File Actions.Human_Review_Compare
  Actions.Human_Review_Liveness_Check Actions.Human_Review_Update_Selfie Actions.Human_Review_Selfie_Check
  Actions.Verify_Document Actions.Document_Check Actions.Human_Review_Document_Check Actions.Verify_Business
  Actions.Return_Business_Info Actions.Listed Actions.Names Actions.DOB Actions.Gender Actions.Phone_Number
  Actions.ID_Verification ImageLinks.selfie_image ImageLinks.id_card_image ImageLinks.id_card_back
  ImageLinks.id_photo_image Antifraud.SuspectUsers[].user_id Antifraud.SuspectUsers[].reason
  Antifraud.summary.fraud_sources[] Antifraud.summary.fraud_detected Antifraud.smile_secure.ResultCode
  Antifraud.smile_secure.ResultText Antifraud.smile_secure.SuspectUsers[].user_id
  Antifraud.smile_secure.SuspectUsers[].reasons[]`
const person = `
  Country IDType IDNumber ExpirationDate FullName DOB Photo PhoneNumber PhoneNumber2 Gender Address Document FullData
  IDNumberPreviouslyRegistered UserIDsOfPreviousRegistrants[] Secondary_ID_Number`
const v3 = `
  status message reason product created_at completed_at job_id user_id partner_params kyc_receipt device_signals
  user_provided_info.given_names user_provided_info.last_name user_provided_info.email user_provided_info.phone_number
  consent.schema_version`
const v3Identity = `${v3}
  antifraud.fraud_risk.risk_level antifraud.fraud_risk.risk_score antifraud.fraud_risk.risk_indicators[]
  antifraud.smile_secure.status antifraud.smile_secure.suspect_users[].user_id
  antifraud.smile_secure.suspect_users[].reasons[] antifraud.summary.fraud_detected antifraud.summary.fraud_sources[]`
const identityParts = `${v3Identity}
  image_links.selfie_image image_links.id_card_image image_links.id_card_back_image id_fields.full_name
  id_fields.id_number id_fields.id_type id_fields.date_of_birth id_fields.expiration_date id_fields.country
  id_fields.first_name id_fields.last_name id_fields.other_names id_fields.gender id_fields.issuance_date
  id_fields.address id_fields.photo_url id_fields.document_link`

/** Documented paths by schema. contract/v1.md §1 and §3.2; contract/v3.md §2 and §3. */
const documented: Record<keyof typeof payloadFields, string> = {
  'v1.common': v1,
  'v1.identity': `${v1} ${person}`,
  'v1.basic_kyc': `${v1} FullName DOB photo PhoneNumber`,
  'v1.document': `${v1} ${person}
    IssuanceDate SecondaryIDNumber FirstName LastName OtherName OtherNames IDStatus IsAlive DateOfDeath CountryOfBirth
    PlaceOfBirth PlaceOfIssuance Nationality RegionOfOrigin LocalAreaOfOrigin Occupation Title Email`,
  'v1.business_verification': `${v1}
    company_information.legal_name company_information.registration_number company_information.company_type
    company_information.country company_information.address company_information.search_number
    company_information.authorized_shared_capital company_information.industry company_information.tax_id
    company_information.registration_date company_information.phone company_information.state
    company_information.email company_information.status fiduciaries[].name fiduciaries[].fiduciary_type
    beneficial_owners[].name beneficial_owners[].shareholdings beneficial_owners[].shareholder_type
    proprietors[].name proprietors[].nationality directors[].name directors[].occupation directors[].id_number
    documents.search_certificate success`,
  'v1.one_time_aml': `${v1}
    StrictMatch no_of_persons_found people[].name people[].addresses[] people[].aliases[] people[].nationalities[]
    people[].dates_of_birth[] people[].enforcement_actions[] people[].adverse_media[].date_published
    people[].adverse_media[].publisher people[].adverse_media[].source_link people[].adverse_media[].title
    people[].associations[].association_type people[].associations[].name people[].associations[].relationship
    people[].pep.pep_level people[].pep.political_positions[].country people[].pep.political_positions[].from
    people[].pep.political_positions[].position people[].pep.political_positions[].to
    people[].pep.sources[].source_link people[].pep.sources[].source_name people[].sanctions[].date_of_birth
    people[].sanctions[].nationality people[].sanctions[].source_details.listed_date
    people[].sanctions[].source_details.source_name people[].sanctions[].source_details.source_type
    people[].sanctions[].source_details.source_link[]`,
  'v1.phone_number_verification': `${v1} MatchedFields`,
  'v3.common': v3Identity,
  'v3.identity': identityParts,
  'v3.residency_document_verification': `${identityParts}
    additional_documents[].image_link additional_documents[].full_name additional_documents[].id_number
    additional_documents[].issued_at additional_documents[].issuance_date additional_documents[].expiry.expiry_date
    additional_documents[].expiry.expiry_period_in_months additional_documents[].conditions
    additional_documents[].no_of_entries additional_documents[].document_primary_id`,
  'v3.one_time_aml': `${v3}
    strict_match no_of_persons_found antifraud.fraud_risk_level antifraud.fraud_risk_score
    antifraud.fraud_risk_indicator_groups[] people[].name people[].addresses[] people[].aliases[]
    people[].associations[] people[].dates_of_birth[] people[].enforcement_actions[] people[].nationalities[]
    people[].sanctions[] people[].pep.pep_level people[].pep.political_positions[] people[].pep.sources[]
    people[].news_summary[].news_category people[].news_summary[].news_category_label
    people[].news_summary[].number_of_articles people[].adverse_media[]`,
}

const pathsOf = (name: keyof typeof documented) => documented[name].trim().split(/\s+/)

function fieldAt(field: Field, path: string): Field | undefined {
  return path
    .replaceAll('[]', '.[]')
    .split('.')
    .reduce<Field | undefined>((at, key) => (key === '[]' ? at?.items : at?.fields?.get(key)), field)
}

test.each(Object.keys(documented) as (keyof typeof documented)[])('every documented path of %s has a type', (name) => {
  // A field without any of these would be `unknown`.
  const untyped = pathsOf(name).filter((path) => {
    const { types, fields, items } = fieldAt(payloadFields[name], path) ?? {}
    return !fields && !items && (types === undefined || types.size === 0 || types.has('anything'))
  })
  expect(untyped).toEqual([])
})

test('there are as many as an oracle of the pages counted, or more', () => {
  expect(new Set(Object.values(documented).flatMap((paths) => paths.trim().split(/\s+/))).size).toBeGreaterThan(174)
})
