import * as z from 'zod'
import { keys, type MakeObject, type Parts } from './parts.ts'

/** v1 payloads by name. contract/v1.md §1. */
export function v1Schemas(object: MakeObject, { booleanLike, list, numberLike, open, text, texts }: Parts) {
  const suspects = z.array(object({ user_id: numberLike, reason: text, reasons: texts })).optional()
  const common = {
    ...keys(['ResultText', 'ResultType', 'JSONVersion', 'Source', 'signature', 'KYCReceipt'], text),
    ...keys(['ResultCode', 'SmileJobID', 'ConfidenceValue', 'timestamp'], numberLike),
    ...keys(['IsFinalResult', 'IsMachineResult'], booleanLike),
    // Partner params belong to the partner, and echo keys of Smile ID: open in either mode.
    PartnerParams: z.looseObject({ job_id: numberLike, user_id: numberLike, job_type: numberLike }).optional(),
    Actions: object(keys(actions, text)).optional(),
    ImageLinks: object(keys(['selfie_image', 'id_card_image', 'id_card_back', 'id_photo_image'], text)).optional(),
    Antifraud: object({
      SuspectUsers: suspects,
      summary: object({ fraud_sources: texts, fraud_detected: z.boolean().optional() }).optional(),
      smile_secure: object({ ResultCode: numberLike, ResultText: text, SuspectUsers: suspects }).optional(),
    }).optional(),
  }
  const identity = {
    ...common,
    ...keys(
      [
        'Country',
        'IDType',
        'FullName',
        'FirstName',
        'LastName',
        'OtherName',
        'OtherNames',
        'DOB',
        'Gender',
        'Address',
        'ExpirationDate',
        'IssuanceDate',
        'Photo',
        'Document',
      ],
      text,
    ),
    ...keys(['IDNumber', 'SecondaryIDNumber', 'PhoneNumber', 'PhoneNumber2'], numberLike),
    FullData: open.optional(),
    IDNumberPreviouslyRegistered: booleanLike,
    UserIDsOfPreviousRegistrants: texts,
  }
  const registry = [
    'IDStatus',
    'Nationality',
    'Email',
    'Occupation',
    'Title',
    'DateOfDeath',
    'CountryOfBirth',
    'PlaceOfBirth',
    'PlaceOfIssuance',
    'RegionOfOrigin',
    'LocalAreaOfOrigin',
  ]
  const people = z.array(
    z.looseObject({
      name: text,
      pep: z.looseObject({ pep_level: z.union([z.number(), z.string(), z.null()]).optional() }).optional(),
    }),
  )
  return {
    'v1.common': object(common),
    'v1.identity': object(identity),
    'v1.basic_kyc': object({ ...common, ...keys(['FullName', 'DOB', 'photo'], text), PhoneNumber: numberLike }),
    'v1.document': object({ ...identity, ...keys(registry, text), IsAlive: booleanLike }),
    'v1.phone_number_verification': object({ ...common, MatchedFields: open.optional() }),
    'v1.business_verification': object({
      ...common,
      ...keys(['fiduciaries', 'beneficial_owners', 'proprietors', 'directors'], list),
      company_information: open.optional(),
      documents: z.looseObject({ search_certificate: text }).optional(),
      success: booleanLike,
    }),
    'v1.one_time_aml': object({
      ...common,
      StrictMatch: booleanLike,
      no_of_persons_found: numberLike,
      people: people.optional(),
    }),
  }
}

// contract/v1.md §3.2.
const actions = [
  'Selfie_Provided',
  'Selfie_Check',
  'Liveness_Check',
  'Register_Selfie',
  'Verify_ID_Number',
  'Return_Personal_Info',
  'Selfie_To_ID_Authority_Compare',
  'Selfie_To_ID_Card_Compare',
  'Selfie_To_Registered_Selfie_Compare',
  'Update_Registered_Selfie_On_File',
  'Human_Review_Compare',
  'Human_Review_Liveness_Check',
  'Human_Review_Update_Selfie',
  'Human_Review_Selfie_Check',
  'Verify_Document',
  'Document_Check',
  'Human_Review_Document_Check',
  'Verify_Business',
  'Return_Business_Info',
  'Listed',
  'Names',
  'DOB',
  'Gender',
  'Phone_Number',
  'ID_Verification',
]
