import type { Decoded } from '../payload/decoded.ts'
import type { ReportCode } from '../report/report.ts'
import type { Config } from './config.ts'
import type { Candidate } from './guards/signature.ts'

// By name: the package may be loaded twice, as ES module and as CommonJS.
export const receiverAccess: unique symbol = Symbol.for('express-smile-id.receiverAccess') as never

/** A fact that Smile ID told when asked, in an answer that is genuine. */
export interface AskedFact {
  readonly decoded: Decoded
  readonly credential: Candidate
  /** Of the callback URL, and the path params of the mount, that its callback would have come to. */
  readonly reference: string | undefined
  readonly params: Readonly<Record<string, string>>
}

/** One to be handled. */
export interface ToldFact extends AskedFact {
  /** Epoch ms. */
  readonly answeredAt: number
}

/** What `reconcile` uses of a receiver; for this library alone. */
export interface ReceiverAccess {
  readonly config: Pick<Config, 'candidates' | 'codes' | 'now' | 'once'>
  /** The ids of the event that the fact makes; undefined if its partner params make none. */
  idsOf(fact: AskedFact): Promise<{ id: string; verdictId: string } | undefined>
  /** Partner params, claim, and handlers or inbox, as for a delivery. Never rejects. */
  receiveAsked(fact: ToldFact): Promise<{ code: ReportCode }>
}
