import * as z from 'zod'
import { idFieldKeys, paperKeys, providedKeys, v3ImageKeys } from '../../types/payload/keys.ts'
import { keys, type MakeObject, type Parts } from './parts.ts'

/** v3 payloads by name. contract/v3.md §2. */
export function v3Schemas(object: MakeObject, { list, nullableText, open, text, texts }: Parts) {
  const maybe = (schema: z.ZodType) => schema.nullable().optional()
  const openOrNull = maybe(open)
  const numberOrNull = maybe(z.union([z.number(), z.string()]))
  const envelope = {
    status: text,
    product: text,
    ...keys(['message', 'reason', 'created_at', 'completed_at', 'job_id', 'user_id', 'kyc_receipt'], nullableText),
    user_provided_info: maybe(object(keys(providedKeys, nullableText))),
    ...keys(['partner_params', 'device_signals'], openOrNull),
    consent: maybe(z.looseObject({ schema_version: nullableText })),
    antifraud: maybe(
      object({
        fraud_risk: maybe(
          object({ risk_level: nullableText, risk_score: numberOrNull, risk_indicators: maybe(z.array(z.unknown())) }),
        ),
        smile_secure: maybe(
          object({ status: nullableText, suspect_users: maybe(z.array(object({ user_id: text, reasons: texts }))) }),
        ),
        summary: maybe(object({ fraud_detected: maybe(z.boolean()), fraud_sources: maybe(z.array(z.string())) })),
      }),
    ),
  }
  const identity = {
    ...envelope,
    image_links: maybe(object(keys(v3ImageKeys, nullableText))),
    // The published list of its keys ends in "…".
    id_fields: maybe(z.looseObject(keys(idFieldKeys, nullableText))),
  }
  const paper = object({
    ...keys(paperKeys, nullableText),
    expiry: maybe(object(keys(['expiry_date', 'expiry_period_in_months'], nullableText))),
  })
  const person = object({
    name: text,
    ...keys(
      [
        'addresses',
        'aliases',
        'associations',
        'dates_of_birth',
        'enforcement_actions',
        'nationalities',
        'sanctions',
        'adverse_media',
      ],
      list,
    ),
    pep: maybe(object({ pep_level: maybe(z.number()), political_positions: list, sources: list })),
    news_summary: z
      .array(object({ news_category: text, news_category_label: text, number_of_articles: z.number().optional() }))
      .optional(),
  })
  const aml = {
    ...envelope,
    strict_match: z.boolean().optional(),
    no_of_persons_found: z.union([z.number(), z.string()]).optional(),
    people: z.array(person).optional(),
    antifraud: maybe(
      object({
        fraud_risk_level: nullableText,
        fraud_risk_score: numberOrNull,
        fraud_risk_indicator_groups: maybe(z.array(z.unknown())),
      }),
    ),
  }
  return {
    'v3.common': object(envelope),
    'v3.identity': object(identity),
    'v3.residency_document_verification': object({ ...identity, additional_documents: maybe(z.array(paper)) }),
    'v3.one_time_aml': object(aml),
  }
}
