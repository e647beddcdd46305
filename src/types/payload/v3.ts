import type { LoosePayload, NumberLike } from './common.ts'
import type { idFieldKeys, NullableStrings, paperKeys, providedKeys, v3ImageKeys } from './keys.ts'

/** Data that the person entered. contract/v3.md §2.1. */
export type V3UserProvidedInfo = NullableStrings<typeof providedKeys>

/** `antifraud` of identity products. contract/v3.md §3.3. */
export interface V3Antifraud extends LoosePayload {
  readonly fraud_risk?:
    | (LoosePayload & {
        readonly risk_level?: string | null
        readonly risk_score?: NumberLike | null
        readonly risk_indicators?: readonly unknown[] | null
      })
    | null
  readonly smile_secure?:
    | (LoosePayload & { readonly status?: string | null; readonly suspect_users?: readonly V3SuspectUser[] | null })
    | null
  readonly summary?:
    | (LoosePayload & { readonly fraud_detected?: boolean | null; readonly fraud_sources?: readonly string[] | null })
    | null
}

/** One user that Smile Secure suspects. contract/v3.md §3.3. */
export interface V3SuspectUser extends LoosePayload {
  readonly user_id?: string
  readonly reasons?: readonly string[]
}

/** `antifraud` of one-time AML. contract/v3.md §3.3. */
export interface V3AmlAntifraud extends LoosePayload {
  readonly fraud_risk_level?: string | null
  readonly fraud_risk_score?: NumberLike | null
  readonly fraud_risk_indicator_groups?: readonly unknown[] | null
}

/** Keys of every v3 callback. contract/v3.md §2.1. */
export interface V3Payload extends LoosePayload {
  /** A body with a result code has the v1 shape. */
  readonly ResultCode?: undefined
  readonly status?: string
  readonly message?: string | null
  readonly reason?: string | null
  readonly product?: string
  /** ISO. */
  readonly created_at?: string | null
  /** ISO. */
  readonly completed_at?: string | null
  readonly job_id?: string | null
  readonly user_id?: string | null
  readonly partner_params?: LoosePayload | null
  readonly kyc_receipt?: string | null
  readonly user_provided_info?: V3UserProvidedInfo | null
  /** An ISO 27560 record; `{}` where there is none. */
  readonly consent?: (LoosePayload & { readonly schema_version?: string | null }) | null
  readonly antifraud?: V3Antifraud | V3AmlAntifraud | null
  readonly device_signals?: LoosePayload | null
}

/** Links to pictures, signed, about 15 minutes. contract/v3.md §3.4. */
export type V3ImageLinks = NullableStrings<typeof v3ImageKeys>

/** The person, as the document or the ID authority has it. contract/v3.md §3.5. */
export type V3IdFields = NullableStrings<typeof idFieldKeys>

/** Biometric, selfie, document and KYC products. contract/v3.md §2.4. */
export interface V3IdentityPayload extends V3Payload {
  readonly image_links?: V3ImageLinks | null
  readonly id_fields?: V3IdFields | null
  readonly antifraud?: V3Antifraud | null
}

/** One paper beside the main document. contract/v3.md §2.4. */
export interface V3AdditionalDocument extends NullableStrings<typeof paperKeys> {
  readonly expiry?:
    (LoosePayload & { readonly expiry_date?: string | null; readonly expiry_period_in_months?: string | null }) | null
  /** `single`, `multiple` or `other`. */
  readonly no_of_entries?: string | null
}

/** Residency document: `additional_documents` is empty on block and error. contract/v3.md §2.4. */
export interface V3ResidencyPayload extends V3IdentityPayload {
  readonly additional_documents?: readonly V3AdditionalDocument[] | null
}

/** One person found on a list or in the news. contract/v3.md §2.4. */
export interface V3AmlPerson extends LoosePayload {
  readonly name?: string
  readonly addresses?: readonly unknown[]
  readonly aliases?: readonly unknown[]
  readonly associations?: readonly unknown[]
  readonly dates_of_birth?: readonly unknown[]
  readonly enforcement_actions?: readonly unknown[]
  readonly nationalities?: readonly unknown[]
  readonly sanctions?: readonly unknown[]
  readonly pep?:
    | (LoosePayload & {
        readonly pep_level?: number | null
        readonly political_positions?: readonly unknown[]
        readonly sources?: readonly unknown[]
      })
    | null
  /** Newer name of `adverse_media`. */
  readonly news_summary?: readonly (LoosePayload & {
    readonly news_category?: string
    readonly news_category_label?: string
    readonly number_of_articles?: number
  })[]
  /** Older name of `news_summary`. */
  readonly adverse_media?: readonly unknown[]
}

/** One-time AML. contract/v3.md §2.4. */
export interface V3AmlPayload extends V3Payload {
  readonly strict_match?: boolean
  readonly no_of_persons_found?: NumberLike
  readonly people?: readonly V3AmlPerson[]
  readonly antifraud?: V3AmlAntifraud | null
}
