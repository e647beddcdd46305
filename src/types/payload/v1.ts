import type { BooleanLike, LoosePayload, NumberLike } from './common.ts'
import type {
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
  NullableStrings,
  Strings,
} from './keys.ts'

/** Partner params of a v1 callback, as echoed. contract/v1.md §5. */
export interface V1PartnerParams extends LoosePayload {
  readonly job_id?: NumberLike
  readonly user_id?: NumberLike
  readonly job_type?: NumberLike
}

/** Links to pictures, signed and short-lived. contract/v1.md §1.0. */
export type V1ImageLinks = Strings<typeof v1ImageKeys>

/** Each check with its result, such as `{ Liveness_Check: 'Passed' }`; the set is open. contract/v1.md §3.2. */
export type V1Actions = Strings<typeof actionKeys>

/** One user that Smile Secure suspects: `reason` in the older shape, `reasons` in the newer. contract/v1.md §1.9. */
export interface V1SuspectUser extends LoosePayload {
  readonly user_id?: NumberLike
  readonly reason?: string
  readonly reasons?: readonly string[]
}

/** `Antifraud`, both shapes. `event.suspects` reads either. contract/v1.md §1.9. */
export interface V1Antifraud extends LoosePayload {
  readonly SuspectUsers?: readonly V1SuspectUser[]
  readonly summary?: LoosePayload & { readonly fraud_detected?: boolean; readonly fraud_sources?: readonly string[] }
  readonly smile_secure?: LoosePayload & {
    readonly ResultCode?: NumberLike
    readonly ResultText?: string
    readonly SuspectUsers?: readonly V1SuspectUser[]
  }
}

/** Keys of every v1 callback. Absent data may be the string `"Not Available"`: see `available`. contract/v1.md §1.0. */
export interface V1Payload extends LoosePayload {
  /** Key of the v3 shape. */
  readonly status?: undefined
  readonly ResultCode?: NumberLike
  readonly ResultText?: string
  readonly ResultType?: string
  readonly SmileJobID?: NumberLike
  readonly PartnerParams?: V1PartnerParams
  /** Each action with its result, such as `{ Liveness_Check: 'Passed' }`. contract/v1.md §3.2. */
  readonly Actions?: V1Actions
  readonly IsFinalResult?: BooleanLike
  readonly IsMachineResult?: BooleanLike
  readonly JSONVersion?: string
  readonly ConfidenceValue?: NumberLike
  readonly Source?: string
  readonly signature?: string
  readonly timestamp?: NumberLike
  readonly KYCReceipt?: string
  readonly ImageLinks?: V1ImageLinks
  readonly Antifraud?: V1Antifraud
}

/** The person, as the ID authority or the document has it. contract/v1.md §1.1, §1.3 to §1.5. */
export interface V1IdentityPayload extends V1Payload, Strings<typeof personKeys> {
  readonly status?: undefined
  readonly IDNumber?: NumberLike
  readonly SecondaryIDNumber?: NumberLike
  /** As the Android SDK names it. */
  readonly Secondary_ID_Number?: NumberLike
  readonly PhoneNumber?: NumberLike
  readonly PhoneNumber2?: NumberLike
  /** Base64, or `"Not Available"`. */
  readonly Photo?: string
  /** Base64, or `"Not Available"`. */
  readonly Document?: string
  /** Data from the ID authority, in its own words. */
  readonly FullData?: LoosePayload
  readonly IDNumberPreviouslyRegistered?: BooleanLike
  readonly UserIDsOfPreviousRegistrants?: readonly string[]
}

/** `id_info` of a biometric job. contract/v1.md §1.1. */
export type V1IdInfoPayload = V1IdentityPayload

/** Basic KYC: `Actions` says which fields matched. contract/v1.md §1.3. */
export interface V1BasicKycPayload extends V1Payload {
  readonly FullName?: string
  readonly DOB?: string
  readonly photo?: string
  readonly PhoneNumber?: NumberLike
}

/** Document Verification, plain and enhanced. contract/v1.md §1.4 and §1.5. */
export interface V1DocumentPayload extends V1IdentityPayload, Strings<typeof registryKeys> {
  readonly status?: undefined
  readonly IsAlive?: BooleanLike
}

/** A company, as its register has it. contract/v1.md §1.7. */
export type V1Company = Strings<typeof companyKeys>

/** An owner, director, proprietor or fiduciary: a person or another company. contract/v1.md §1.7. */
export type V1BusinessParty = Strings<typeof partyKeys>

/** Business Verification. contract/v1.md §1.7. */
export interface V1BusinessPayload extends V1Payload {
  readonly company_information?: V1Company
  readonly fiduciaries?: readonly V1BusinessParty[]
  readonly beneficial_owners?: readonly V1BusinessParty[]
  readonly proprietors?: readonly V1BusinessParty[]
  readonly directors?: readonly V1BusinessParty[]
  readonly documents?: LoosePayload & { readonly search_certificate?: string }
  readonly success?: BooleanLike
}

/** One person found on a list. contract/v1.md §1.8. */
export interface V1AmlPerson extends LoosePayload {
  readonly name?: string
  readonly addresses?: readonly string[]
  readonly aliases?: readonly string[]
  readonly nationalities?: readonly string[]
  readonly dates_of_birth?: readonly string[]
  readonly enforcement_actions?: readonly unknown[]
  readonly adverse_media?: readonly Strings<typeof articleKeys>[]
  readonly associations?: readonly Strings<typeof associationKeys>[]
  /** A politically exposed person. */
  readonly pep?: LoosePayload & {
    readonly pep_level?: NumberLike | null
    /** `to` is null for a position that is still held. */
    readonly political_positions?: readonly NullableStrings<typeof positionKeys>[]
    readonly sources?: readonly Strings<typeof sourceKeys>[]
  }
  readonly sanctions?: readonly (LoosePayload & {
    readonly date_of_birth?: string
    readonly nationality?: string
    readonly source_details?: LoosePayload & {
      readonly listed_date?: string
      readonly source_name?: string
      readonly source_type?: string
      readonly source_link?: readonly string[]
    }
  })[]
}

/** AML. contract/v1.md §1.8. */
export interface V1AmlPayload extends V1Payload {
  readonly StrictMatch?: BooleanLike
  readonly no_of_persons_found?: NumberLike
  readonly people?: readonly V1AmlPerson[]
}

/** Phone Number Verification. contract/v1.md §1.11. */
export interface V1PhonePayload extends V1Payload {
  /** Each field with its result, such as `{ first_name: 'Exact Match' }`. */
  readonly MatchedFields?: LoosePayload
}
