export { smileIdCallbacks } from './callbacks.ts'
export type { SmileIdCallbacks, SubscribeOptions } from './callbacks.ts'
export type { Unsubscribe } from './events/until-aborted.ts'
export { smileIdAddresses } from './addresses.ts'
export { SmileIdConfigError } from './errors.ts'
export type { SmileIdConfigErrorCode } from './errors.ts'
export type { EventName, Kind, Outcome, Product } from './events/names.ts'
export type {
  DeliveryInfo,
  EventOf,
  Generation,
  Handler,
  HandlerContext,
  IdInfoEvent,
  MatchedCredential,
  MonitoringEvent,
  PartnerParams,
  ResultEvent,
  ResultInfo,
  SmileIdEvent,
  SmileSecureEvent,
  Suspect,
} from './events/types.ts'
export type { FinalOutcome, FinalResult, WaitOptions } from './events/wait-for-job.ts'
export type { Credential, CredentialQuery, CredentialResolver, OutputOf, SmileIdCallbacksOptions } from './options/types.ts'
export type { StandardSchema } from './options/standard-schema.ts'
export type { DeliveryBody, DeliveryHeaders, IncomingDelivery } from './receive/delivery.ts'
export type { FetchContext, FetchHandler } from './receive/fetch.ts'
export type { Logger } from './receive/log.ts'
export type { DeliveryReport, ReportCode } from './receive/report.ts'
export type { UnrecognizedDelivery } from './receive/unrecognized.ts'
