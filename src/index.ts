export { smileIdCallbacks } from './callbacks/callbacks.ts'
export type { CloseOptions, SmileIdCallbacks, UrlOptions } from './callbacks/types.ts'
export type { SubscribeOptions, Unsubscribe, FinalOutcome, FinalResult, WaitOptions } from './events/wait-for-job.ts'
export { confirmWithSmileId, type ConfirmWithSmileIdOptions } from './confirm/smile-id.ts'
export type {
  Confirm,
  Confirmation,
  ConfirmFunction,
  ConfirmOptions,
  OwnConfirm,
  SmileIdConfirm,
} from './confirm/confirm.ts'
export { smileIdAddresses } from './addresses.ts'
export { PermanentError, SmileIdConfigError, type ErrorPlace, type SmileIdConfigErrorCode } from './errors.ts'
export type { ErrorContext, OnError } from './report/on-error.ts'
export type { EventName, Kind, Outcome, Product } from './types/names.ts'
export type { DeliveryInfo, Generation, MatchedCredential, ClientIp, NodeRequest } from './types/delivery.ts'
export type {
  EventOf,
  Fraud,
  Handler,
  HandlerContext,
  IdInfoEvent,
  MonitoringEvent,
  PartnerParams,
  ResultEvent,
  ResultInfo,
  SmileIdEvent,
  SmileSecureEvent,
  Suspect,
} from './types/event.ts'
export { type AttemptReport, DispatchError, type DispatchErrorCode, type DispatchReport } from './inbox/attempt.ts'
export type { Around, AroundContext, Dispatch, DispatchOptions } from './inbox/dispatch.ts'
export type { Health, ServerHealth, WorkerHealth } from './inbox/health.ts'
export type { Forgotten, Whose } from './inbox/forget.ts'
export type { Backlog, Inbox, Removed } from './inbox/inbox.ts'
export type { InboxMessage } from './inbox/message.ts'
export type { ClaimEnd, ClaimSummary } from './once/claim.ts'
export { memoryStore, type MemoryStoreOptions } from './once/memory.ts'
export type { OnceStore, Reservation } from './once/store.ts'
export type {
  Credential,
  CredentialQuery,
  CredentialResolver,
  OnceOptions,
  OutputOf,
  SmileIdCallbacksOptions,
} from './options/types.ts'
export type { StandardSchema } from './events/partner-params.ts'
export type {
  DeliveryBody,
  DeliveryHeaders,
  HeaderRecord,
  HeadersLike,
  IncomingDelivery,
  UnrecognizedDelivery,
} from './receive/delivery.ts'
export type { FetchContext, FetchHandler, FetchRequest } from './doors/fetch.ts'
export type { NodeHandler } from './doors/node.ts'
export type { Logger } from './report/logger.ts'
export type { DeliveryReport, ReportCode, Stage } from './report/report.ts'
export type { DeliveryContext, OnDelivery } from './receive/config.ts'
export type { VerdictConflict } from './events/run-handlers.ts'
export { mergeJob, type JobIdInfo, type JobState, type JobStep, type JobVerdict } from './events/merge-job.ts'
export { endUserMessage, endUserMessages } from './payload/end-user-message.ts'
export { available, isAvailable } from './payload/scalars.ts'
export { isV1Payload, isV3Payload } from './payload/generation.ts'
export { payloadSchemas, strictPayloadSchemas, type SchemaName } from './payload/schema.ts'
export type { BooleanLike, LoosePayload, NumberLike } from './types/payload/fields.ts'
export type {
  IdInfoPayload,
  MonitoringPayload,
  PayloadByProduct,
  PayloadOf,
  SmileSecurePayload,
  V3AmlPayload,
  V3IdentityPayload,
  V3Payload,
  V3ResidencyPayload,
} from './types/payload/index.ts'
export type {
  V1Actions,
  V1AmlPayload,
  V1AmlPerson,
  V1Antifraud,
  V1BasicKycPayload,
  V1BusinessParty,
  V1BusinessPayload,
  V1Company,
  V1DocumentPayload,
  V1IdentityPayload,
  V1IdInfoPayload,
  V1ImageLinks,
  V1PartnerParams,
  V1Payload,
  V1PhonePayload,
  V1SuspectUser,
} from './types/payload/v1.ts'
export type {
  V3AdditionalDocument,
  V3AmlAntifraud,
  V3AmlPerson,
  V3Antifraud,
  V3IdFields,
  V3ImageLinks,
  V3SuspectUser,
  V3UserProvidedInfo,
} from './types/payload/v3.ts'
export { codeTable, type CodeRow, type CodeSource, type Grade } from './payload/v1/code-table.ts'
export type { Drift } from './payload/notes.ts'
