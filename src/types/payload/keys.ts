import type { LoosePayload } from './common.ts'

// Keys whose values are all strings, for the types and the schemas alike.

/** An object of documented strings. */
export type Strings<Keys extends readonly string[]> = LoosePayload & { readonly [Key in Keys[number]]?: string }

/** The same, each possibly null. */
export type NullableStrings<Keys extends readonly string[]> = LoosePayload & {
  readonly [Key in Keys[number]]?: string | null
}

/** contract/v1.md §3.2. */
// prettier-ignore
export const actionKeys = [
  'Selfie_Provided', 'Selfie_Check', 'Liveness_Check', 'Register_Selfie', 'Verify_ID_Number', 'Return_Personal_Info',
  'Selfie_To_ID_Authority_Compare', 'Selfie_To_ID_Card_Compare', 'Selfie_To_Registered_Selfie_Compare',
  'Update_Registered_Selfie_On_File', 'Human_Review_Compare', 'Human_Review_Liveness_Check',
  'Human_Review_Update_Selfie', 'Human_Review_Selfie_Check', 'Verify_Document', 'Document_Check',
  'Human_Review_Document_Check', 'Verify_Business', 'Return_Business_Info', 'Listed', 'Names', 'DOB', 'Gender',
  'Phone_Number', 'ID_Verification',
] as const

/** contract/v1.md §1.0. */
export const v1ImageKeys = ['selfie_image', 'id_card_image', 'id_card_back', 'id_photo_image'] as const

/** contract/v1.md §1.1, §1.3 to §1.5. */
// prettier-ignore
export const personKeys = [
  'Country', 'IDType', 'FullName', 'FirstName', 'LastName', 'OtherName', 'OtherNames', 'DOB', 'Gender', 'Address',
  'ExpirationDate', 'IssuanceDate', 'Photo', 'Document',
] as const

/** contract/v1.md §1.5. */
// prettier-ignore
export const registryKeys = [
  'IDStatus', 'Nationality', 'Email', 'Occupation', 'Title', 'DateOfDeath', 'CountryOfBirth', 'PlaceOfBirth',
  'PlaceOfIssuance', 'RegionOfOrigin', 'LocalAreaOfOrigin',
] as const

/** contract/v1.md §1.7. */
// prettier-ignore
export const companyKeys = [
  'company_type', 'country', 'address', 'registration_number', 'search_number', 'authorized_shared_capital',
  'industry', 'tax_id', 'registration_date', 'phone', 'legal_name', 'state', 'email', 'status',
] as const

/** Keys of owners, directors, proprietors and fiduciaries; each has some of them. contract/v1.md §1.7. */
// prettier-ignore
export const partyKeys = [
  'name', 'address', 'shareholdings', 'shareholder_type', 'fiduciary_type', 'registration_number', 'status', 'gender',
  'nationality', 'phone_number', 'date_of_birth', 'occupation', 'id_number', 'id_type',
] as const

/** Keys of people of AML. contract/v1.md §1.8. */
export const articleKeys = ['date_published', 'publisher', 'source_link', 'title'] as const
export const associationKeys = ['association_type', 'name', 'relationship'] as const
export const positionKeys = ['country', 'from', 'position', 'to'] as const
export const sourceKeys = ['source_link', 'source_name'] as const

/** contract/v3.md §2.1. */
export const providedKeys = ['given_names', 'last_name', 'email', 'phone_number'] as const

/** contract/v3.md §3.4. */
export const v3ImageKeys = ['selfie_image', 'id_card_image', 'id_card_back_image'] as const

/** contract/v3.md §3.5. */
// prettier-ignore
export const idFieldKeys = [
  'full_name', 'first_name', 'last_name', 'other_names', 'id_number', 'id_type', 'country', 'date_of_birth', 'gender',
  'issuance_date', 'expiration_date', 'address', 'photo_url', 'document_link',
] as const

/** contract/v3.md §2.4. */
// prettier-ignore
export const paperKeys = [
  'image_link', 'full_name', 'id_number', 'issued_at', 'issuance_date', 'conditions', 'no_of_entries',
  'document_primary_id',
] as const
