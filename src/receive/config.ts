import type { AttemptReport } from '../inbox/attempt.ts'
import type { ConfirmConfig } from '../confirm/confirm.ts'
import type { Around } from '../inbox/around.ts'
import type { InboxConfig } from '../inbox/enqueue.ts'
import type { StandardSchema } from '../events/partner-params.ts'
import type { OnceConfig } from '../once/claim.ts'
import type { Drift } from '../payload/notes.ts'
import type { CodeIndex } from '../payload/v1/subject.ts'
import type { Logger } from '../report/logger.ts'
import type { OnError } from '../report/on-error.ts'
import type { CallbackUrls } from '../signature/callback-url.ts'
import type { NodeRequest } from '../types/request.ts'
import type { OnDelivery } from './on-delivery.ts'
import type { AgeLimits } from './guards/age.ts'
import type { AddressRules } from './guards/address.ts'
import type { CandidateSource } from './guards/signature.ts'

/** Options, checked and compiled. */
export interface Config {
  readonly candidates: CandidateSource
  readonly partnerParams: StandardSchema | undefined
  readonly addresses: AddressRules | undefined
  /** For hosts with Node's requests. */
  readonly clientIp: ((req: NodeRequest) => unknown) | undefined
  /** Bytes. */
  readonly maxBodySize: number
  /** Ms. */
  readonly bodyTimeout: number
  /** Bytes. */
  readonly maxUnverifiedBytes: number
  readonly confirm: ConfirmConfig | undefined
  readonly callbackUrls: CallbackUrls | undefined
  readonly referenceOf: ((event: never) => unknown) | undefined
  readonly onReuse: 'flag' | 'refuse'
  readonly age: AgeLimits
  /** Epoch ms. */
  readonly now: () => number
  /** Ms. */
  readonly handlerTimeout: number
  readonly once: OnceConfig
  readonly inbox: InboxConfig | undefined
  readonly eventId: ((event: never) => unknown) | undefined
  readonly onDelivery: readonly OnDelivery<never>[]
  readonly onDispatch: ((report: AttemptReport) => unknown) | undefined
  readonly around: readonly Around<never>[]
  readonly onDrift: ((drift: Drift) => unknown) | undefined
  readonly onError: OnError<never> | undefined
  readonly logger: Logger | undefined
  readonly codes: CodeIndex
}
