import * as z from 'zod'
import {
  actionKeys,
  articleKeys,
  associationKeys,
  companyKeys,
  partyKeys,
  personKeys,
  positionKeys,
  registryKeys,
  sourceKeys,
  v1ImageKeys,
} from '../../types/payload/keys.ts'
import { keys, type MakeObject, type Parts } from './parts.ts'

/** v1 payloads by name. contract/v1.md §1. */
export function v1Schemas(
  object: MakeObject,
  { booleanLike, list, nullableText, numberLike, open, text, texts }: Parts,
) {
  const suspects = z.array(object({ user_id: numberLike, reason: text, reasons: texts })).optional()
  const common = {
    ...keys(['ResultText', 'ResultType', 'JSONVersion', 'Source', 'signature', 'KYCReceipt'], text),
    ...keys(['ResultCode', 'SmileJobID', 'ConfidenceValue', 'timestamp'], numberLike),
    ...keys(['IsFinalResult', 'IsMachineResult'], booleanLike),
    // Partner params belong to the partner, and echo keys of Smile ID: open in either mode.
    PartnerParams: z.looseObject({ job_id: numberLike, user_id: numberLike, job_type: numberLike }).optional(),
    Actions: object(keys(actionKeys, text)).optional(),
    ImageLinks: object(keys(v1ImageKeys, text)).optional(),
    Antifraud: object({
      SuspectUsers: suspects,
      summary: object({ fraud_sources: texts, fraud_detected: z.boolean().optional() }).optional(),
      smile_secure: object({ ResultCode: numberLike, ResultText: text, SuspectUsers: suspects }).optional(),
    }).optional(),
  }
  const identity = {
    ...common,
    ...keys(personKeys, text),
    ...keys(['IDNumber', 'SecondaryIDNumber', 'Secondary_ID_Number', 'PhoneNumber', 'PhoneNumber2'], numberLike),
    FullData: open.optional(),
    IDNumberPreviouslyRegistered: booleanLike,
    UserIDsOfPreviousRegistrants: texts,
  }
  // The rest is open in either mode: registers and lists add keys of their own.
  const strings = (names: readonly string[], schema: z.ZodType = text) => z.looseObject(keys(names, schema))
  const many = (schema: z.ZodType) => z.array(schema).optional()
  const people = z.array(
    z.looseObject({
      name: text,
      ...keys(['addresses', 'aliases', 'nationalities', 'dates_of_birth'], texts),
      enforcement_actions: list,
      adverse_media: many(strings(articleKeys)),
      associations: many(strings(associationKeys)),
      pep: z
        .looseObject({
          pep_level: z.union([z.number(), z.string(), z.null()]).optional(),
          political_positions: many(strings(positionKeys, nullableText)),
          sources: many(strings(sourceKeys)),
        })
        .optional(),
      sanctions: many(
        z.looseObject({
          ...keys(['date_of_birth', 'nationality'], text),
          source_details: z
            .looseObject({ ...keys(['listed_date', 'source_name', 'source_type'], text), source_link: texts })
            .optional(),
        }),
      ),
    }),
  )
  return {
    'v1.common': object(common),
    'v1.identity': object(identity),
    'v1.basic_kyc': object({ ...common, ...keys(['FullName', 'DOB', 'photo'], text), PhoneNumber: numberLike }),
    'v1.document': object({ ...identity, ...keys(registryKeys, text), IsAlive: booleanLike }),
    'v1.phone_number_verification': object({ ...common, MatchedFields: open.optional() }),
    'v1.business_verification': object({
      ...common,
      ...keys(['fiduciaries', 'beneficial_owners', 'proprietors', 'directors'], many(strings(partyKeys))),
      company_information: strings(companyKeys).optional(),
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
