import type { PayloadOf, IdInfoPayload, MonitoringPayload, SmileSecurePayload } from './payload/index.ts'
import type { DeliveryInfo } from './delivery.ts'
import type { EventName, Kind, Outcome, Product, SmileSecureProduct } from './names.ts'
import type { V1Actions } from './payload/v1.ts'

/**
 * Partner params without a schema: strings, as Smile ID asks for; numbers and booleans are turned into strings. A key
 * may be missing from a callback, so each is a string or undefined: check it before you use it, or give the option
 * `partnerParams`.
 */
export type PartnerParams = Readonly<Record<string, string | undefined>>

/** The result in Smile ID's own words. `payload` has everything else. */
export interface ResultInfo {
  /** v1 `ResultCode`, four digits. contract/v1.md §3.1. */
  readonly code?: string
  /** v3 `status`. contract/v3.md §2.1. */
  readonly status?: string
  /** v3 `reason`. Decide on the outcome, never on this. contract/v3.md §3.1. */
  readonly reason?: string
  /** Text for people; never match on it. Empty if none came. */
  readonly message: string
  /** v1 job type. */
  readonly jobType?: number
  /** v1 `Actions`, as sent: the documented ones by name, others by way of `LoosePayload`. contract/v1.md §3.2. */
  readonly actions?: V1Actions
  /** v1 `ConfidenceValue`, 0 to 100. */
  readonly confidence?: number
  /** v1 `IsFinalResult`: about the step of this delivery, not the job. contract/v1.md §4. */
  readonly isFinalResult?: boolean
}

interface EventBase<P extends Product, Params, Payload> {
  /**
   * Identifies a delivery's content: the same content for the same recipient always has the same id, however often it
   * is delivered. Key effects by `verdictId`.
   */
  readonly id: string
  /**
   * Identifies a verdict: the same for every event that says the same of the same job, whatever its wording. Key
   * effects by it. 32 hex digits.
   */
  readonly verdictId: string
  /**
   * For whom it is: partner params other than the ids of job and user and the type, user, reference of the callback URL
   * and path params of the mount. One verdict for two of them is a forgery or a mistake. 32 hex digits.
   */
  readonly recipientId: string
  /** The product, by its v3 name for both generations. */
  readonly product: P
  /** v3: `Job-ID` header; v1: `PartnerParams.job_id`, else `SmileJobID`. */
  readonly jobId: string
  /** v1 `SmileJobID`. */
  readonly smileJobId?: string
  /** The user as you named it; absent if the delivery does not say. contract/v1.md §5; contract/v3.md §2.2. */
  readonly userId?: string
  /** Your own data, echoed: strings, or the output of your schema. contract/v1.md §5; contract/v3.md §2.3. */
  readonly partnerParams: Params
  /** The result in Smile ID's own words. */
  readonly result: ResultInfo
  /**
   * How well the meaning is known. `documented`: by Smile ID's pages, SDKs and fixtures, or read alike by several
   * public receivers. `inferred`: by one receiver or by analogy; let a person look at an inferred rejection.
   */
  readonly meaning: 'documented' | 'inferred'
  /** When the signed links to pictures in `payload` end, as far as is known; absent without links. */
  readonly imageLinksExpireAt?: Date
  /**
   * The body as sent. Documented keys have types; read others as `(event.payload as LoosePayload)['New_Key']`.
   * Identity data: do not log it.
   */
  readonly payload: Payload
  /** How it arrived, and the credential that signed it. */
  readonly delivery: DeliveryInfo
}

/** Another user that looks like the same person. */
export interface Suspect {
  /** The other user, as you named it. */
  readonly userId: string
  /** Smile ID's words for why, such as `same-face`. */
  readonly reasons: readonly string[]
}

/**
 * Result of the fraud checks. `failed`: they could not run; this differs from `none`. contract/v1.md §1.9;
 * contract/v3.md §3.3.
 */
export type Fraud = 'detected' | 'none' | 'failed'

/** A verdict on the job. */
export interface ResultEvent<
  P extends Product = Product,
  O extends Outcome = Outcome,
  Params = PartnerParams,
> extends EventBase<P, Params, PayloadOf<P>> {
  /** A verdict. */
  readonly kind: 'result'
  /** v1: by (job type, code), contract/v1.md §3.1. v3: by `status`, contract/v3.md §2.1. */
  readonly outcome: O
  /** False for `provisional` and `unknown`. */
  readonly final: O extends 'provisional' | 'unknown' ? false : true
  /**
   * Result of the fraud checks beside this verdict; absent if the payload does not mention them. An approval with
   * `detected` is `attention`, unless the option `approvedWithFraud` says otherwise.
   */
  readonly fraud?: Fraud
  /** Whom the person may also be; empty if no person is named. */
  readonly suspects: readonly Suspect[]
  /**
   * Basic KYC: `partial` where not all that was submitted matches. Smile ID approves both; the option `partialMatch`
   * makes the partial one `attention`. contract/v1.md §1.3.
   */
  readonly match?: 'exact' | 'partial'
  /** For a partial match: the actions of submitted details that did not match, such as `['Names']`. */
  readonly unmatched?: readonly string[]
  /**
   * For an `error`: `same`: submit the same input again, later. `new_input`: submit other input, such as a sharper
   * picture. `no`: nothing helps until settings or code change. Absent if that is not known.
   */
  readonly retry?: 'same' | 'new_input' | 'no'
}

/** The ID look-up step of a biometric job: not the verdict. contract/v1.md §4. */
export interface IdInfoEvent<Params = PartnerParams> extends EventBase<'biometric_kyc', Params, IdInfoPayload> {
  /** A step, not a verdict. */
  readonly kind: 'id_info'
  /** `passed`: the ID was found. That approves nothing. */
  readonly idStep: 'passed' | 'failed' | 'error'
}

/** The duplicate-face signal beside a job's verdict. contract/v1.md §1.9. */
export interface SmileSecureEvent<
  P extends SmileSecureProduct = SmileSecureProduct,
  Params = PartnerParams,
> extends EventBase<P, Params, SmileSecurePayload> {
  /** A signal, not a verdict. */
  readonly kind: 'smile_secure'
  /** Result of the check; `failed`: it could not run, which differs from `none`. */
  readonly fraud: Fraud
  /** Whom the person may also be; empty if no person was found. */
  readonly suspects: readonly Suspect[]
}

/** An update of ongoing AML monitoring. contract/v3.md §2.4. */
export interface MonitoringEvent<Params = PartnerParams> extends EventBase<
  'aml_monitoring',
  Params,
  MonitoringPayload
> {
  /** One change, for as long as monitoring lasts. */
  readonly kind: 'monitoring'
}

type ResultOf<P extends Product, O extends Outcome, Params> = { [Each in P]: ResultEvent<Each, O, Params> }[P]

/** Beside results, an event of another kind can be asked for its outcome: it has none. */
interface NoVerdict {
  readonly outcome?: never
  readonly final?: never
}
interface IdInfoBeside<Params> extends IdInfoEvent<Params>, NoVerdict {}
interface SmileSecureBeside<P extends SmileSecureProduct, Params> extends SmileSecureEvent<P, Params>, NoVerdict {}
interface MonitoringBeside<Params> extends MonitoringEvent<Params>, NoVerdict {}

type OtherKind = Exclude<Kind, 'result'>

/** The events of each kind where no other kind can come. */
interface EventsOfKind<Params> {
  id_info: IdInfoEvent<Params>
  smile_secure: { [Each in SmileSecureProduct]: SmileSecureEvent<Each, Params> }[SmileSecureProduct]
  monitoring: MonitoringEvent<Params>
}

/** The same where others can, and by product. */
interface EventsBeside<Params> {
  id_info: IdInfoBeside<Params>
  smile_secure: { [Each in SmileSecureProduct]: SmileSecureBeside<Each, Params> }[SmileSecureProduct]
  monitoring: MonitoringBeside<Params>
  biometric_kyc: IdInfoBeside<Params> | SmileSecureBeside<'biometric_kyc', Params>
  aml_monitoring: MonitoringBeside<Params>
}

type OfProduct<P extends Product, Params> =
  | { [O in Outcome]: ResultEvent<P, O, Params> }[Outcome]
  | (P extends keyof EventsBeside<Params>
      ? EventsBeside<Params>[P]
      : P extends SmileSecureProduct
        ? SmileSecureBeside<P, Params>
        : never)

type Results<Params> = { [O in Outcome]: ResultOf<Product, O, Params> }[Outcome]

/** Every event a handler can receive. Narrow it by `kind`, `product` and `outcome`, in any order. */
export type SmileIdEvent<Params = PartnerParams> = Results<Params> | EventsBeside<Params>[OtherKind]

type Named<Name extends EventName, Params> = Name extends `${infer P extends Product}.${infer O extends Outcome}`
  ? ResultEvent<P, O, Params>
  : | (Name extends 'result' ? Results<Params> : never)
    | (Name extends OtherKind ? EventsBeside<Params>[Name] : never)
    | (Name extends Product ? OfProduct<Name, Params> : never)
    | (Name extends Outcome ? ResultOf<Product, Name, Params> : never)

/** The events that a handler of this name receives. */
// Looked up by name: filtering the union costs the compiler half a second.
export type EventOf<Name extends EventName, Params = PartnerParams> = [Name] extends [OtherKind]
  ? EventsOfKind<Params>[Name]
  : Named<Name, Params>

/** Passed to a handler beside the event. */
export interface HandlerContext {
  /**
   * Aborted when `handlerTimeout` has passed: the delivery is then answered 503 and sent again. In a worker: when the
   * worker's own limit has passed, or when it shuts down.
   */
  readonly signal: AbortSignal
}

/** Called with an event, and awaited before Smile ID is answered. If it throws, Smile ID sends the event again. */
export type Handler<E> = (event: E, context: HandlerContext) => unknown
