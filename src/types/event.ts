import type { PayloadOf, IdInfoPayload, MonitoringPayload, SmileSecurePayload } from './payload/index.ts'
import type { EventName, Outcome, Product, SmileSecureProduct } from './names.ts'

/** Partner params without a schema: texts, as Smile ID asks for. Numbers and booleans are turned into text. */
export type PartnerParams = Record<string, string>

/** Which generation signed the delivery: `v1` in the body, `v3` in the headers. */
export type Generation = 'v1' | 'v3'

/** The credential whose key made the signature; never the key itself. */
export interface MatchedCredential {
  /** As the portal shows it, leading zeros included. */
  partnerId: string
  /** As you named it, such as `sandbox`. */
  environment?: string
  /** As you named it, such as a tenant. */
  label?: string
}

/** How the fact arrived. */
export interface DeliveryInfo {
  /** How it came: Smile ID delivered it by `callback`, or was `asked` for it. */
  origin: 'callback' | 'asked'
  /** Where the signature was found. Contract v1, section 2; v3, section 1. */
  generation: Generation
  /** The time in the signature. */
  signedAt: Date
  /** When it reached this server, by the option `now`. */
  receivedAt: Date
  /** The sender's address; absent where the door was given none. */
  clientIp?: string
  /** Path params of the mount, such as `{ tenant }`. */
  params: Readonly<Record<string, string>>
  /** True once Smile ID itself repeated the result when asked. */
  confirmed: boolean
  /** What of a confirmed event Smile ID did not repeat when asked. Empty unless `confirmed`, and mostly then. */
  unconfirmed: readonly string[]
  /** The reference in the callback URL that `urlFor` minted; with `callbackSecret` set it is always there. */
  reference?: string
  /** Whose key signed it. */
  credential: MatchedCredential
}

/** What Smile ID said, in its own words. `payload` has everything else. */
export interface ResultInfo {
  /** v1 `ResultCode`, four digits. Contract v1, section 3.1. */
  code?: string
  /** v3 `status`. Contract v3, section 2.1. */
  status?: string
  /** v3 `reason`. Decide on the outcome, never on this. Contract v3, section 3.1. */
  reason?: string
  /** Human text; never match on it. Empty if none came. */
  message: string
  /** v1 job type. */
  jobType?: number
  /** v1 `Actions`, as sent. Contract v1, section 3.2. */
  actions?: Readonly<Record<string, unknown>>
  /** v1 `ConfidenceValue`, 0 to 100. */
  confidence?: number
  /** v1 `IsFinalResult`: of the step the delivery is about, not of the job. Contract v1, section 4. */
  isFinalResult?: boolean
}

interface EventBase<P extends Product, Params, Payload> {
  /** The same fact always has the same id, however often it is delivered. */
  id: string
  /** What the job was about, by its v3 name for both generations. */
  product: P
  /** v3: `Job-ID` header; v1: `PartnerParams.job_id`, else `SmileJobID`. */
  jobId: string
  /** v1 `SmileJobID`. */
  smileJobId?: string
  /** The user as you named it; absent where the delivery does not say. Contract v1, section 5; v3, section 2.2. */
  userId?: string
  /** Your own data, echoed: texts, or what the schema makes of them. Contract v1, section 5; v3, section 2.3. */
  partnerParams: Params
  /** Smile ID's own words for it. */
  result: ResultInfo
  /** The body as sent, unknown keys kept. Identity data: do not log it. */
  payload: Payload
  /** How it arrived, and whose key signed it. */
  delivery: DeliveryInfo
}

/** A verdict on the job. */
export interface ResultEvent<P extends Product = Product, O extends Outcome = Outcome, Params = PartnerParams>
  extends EventBase<P, Params, PayloadOf<P>> {
  /** A verdict. */
  kind: 'result'
  /** v1: by (job type, code), contract v1, section 3.1. v3: by `status`, contract v3, section 2.1. */
  outcome: O
  /** False for `provisional` and `unknown`. */
  final: O extends 'provisional' | 'unknown' ? false : true
}

/** The ID look-up step of a biometric job: not the verdict. Contract v1, section 4. */
export interface IdInfoEvent<Params = PartnerParams> extends EventBase<'biometric_kyc', Params, IdInfoPayload> {
  /** A step, not a verdict. */
  kind: 'id_info'
  /** `passed`: the ID was found. That approves nothing. */
  idStep: 'passed' | 'failed' | 'error'
}

/** Another user that looks like the same person. */
export interface Suspect {
  /** The other user, as you named it. */
  userId: string
  /** Smile ID's words for why, such as `same-face`. */
  reasons: string[]
}

/** The duplicate-face signal beside a job's verdict. Contract v1, section 1.9. */
export interface SmileSecureEvent<P extends SmileSecureProduct = SmileSecureProduct, Params = PartnerParams>
  extends EventBase<P, Params, SmileSecurePayload> {
  /** A signal, not a verdict. */
  kind: 'smile_secure'
  /** Whom the person may also be; empty if nobody was found. */
  suspects: Suspect[]
}

/** An update of ongoing AML monitoring. Contract v3, section 2.4. */
export interface MonitoringEvent<Params = PartnerParams>
  extends EventBase<'aml_monitoring', Params, MonitoringPayload> {
  /** One change, for as long as monitoring lasts. */
  kind: 'monitoring'
}

type ResultOf<O extends Outcome, Params> = { [P in Product]: ResultEvent<P, O, Params> }[Product]
type SmileSecureOf<Params> = { [P in SmileSecureProduct]: SmileSecureEvent<P, Params> }[SmileSecureProduct]

/** Everything a handler can be given. Narrow it by `kind`, `product` or `outcome`. */
export type SmileIdEvent<Params = PartnerParams> =
  | { [O in Outcome]: ResultOf<O, Params> }[Outcome]
  | IdInfoEvent<Params>
  | SmileSecureOf<Params>
  | MonitoringEvent<Params>

type Matching<E, Name> = E extends { kind: Name }
  ? E
  : E extends { product: Name }
    ? E
    : E extends { outcome: Name }
      ? E
      : E extends { product: infer P extends string; outcome: infer O extends string }
        ? Name extends `${P}.${O}`
          ? E
          : never
        : never

/** The events that a handler of this name receives. */
export type EventOf<Name extends EventName, Params = PartnerParams> = Matching<SmileIdEvent<Params>, Name>

/** What a handler gets beside the event. */
export interface HandlerContext {
  /**
   * Aborted when `handlerTimeout` has passed: the delivery is then answered 503 and comes again.
   * In a worker: when its own limit has passed, or it shuts down.
   */
  signal: AbortSignal
}

/** Called with an event; awaited before Smile ID is answered. Throwing makes Smile ID send it again. */
export type Handler<E> = (event: E, context: HandlerContext) => unknown
