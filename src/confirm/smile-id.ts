import { checkOptions, type ChecksOf, given } from '../lib/check.ts'
import { apiFor, type Environment, environmentCheck, sharingAnswers } from './api.ts'
import { askJobStatus, askStatus } from './ask.ts'
import { askSmileId, confirmChecks, type ConfirmOptions, type SmileIdConfirm } from './confirm.ts'

/** Options of `confirmWithSmileId`. */
export interface ConfirmWithSmileIdOptions extends ConfirmOptions {
  /** The servers to ask. */
  readonly environment: Environment
  /**
   * Replaces the environment's servers, for tests and proxies; https, or http on this machine. Default: those of
   * `environment`.
   */
  readonly baseUrl?: string | undefined
}

const checks = {
  ...confirmChecks,
  environment: environmentCheck('confirm_invalid'),
  baseUrl: given<unknown>(),
} satisfies ChecksOf<ConfirmWithSmileIdOptions>

/**
 * For the option `confirm`: reads the result again from Smile ID before any handler sees it, with the key that signed
 * the delivery.
 *
 * - v1 (`POST /v1/job_status`): job, user, result code and partner params must agree. contract/v1.md §2.
 * - v3 (`POST /v3/token`, `GET /v3/status/{job_id}`): job, user and status must agree; the answer holds nothing else,
 *   so partner params stay unconfirmed: use `callbackSecret` for them. contract/v3.md §6.
 *
 * Smile ID has no request for `smile_secure` and `monitoring`: they pass, with `delivery.confirmed` false.
 * @example
 * import { confirmWithSmileId, smileIdCallbacks } from 'express-smile-id'
 *
 * const callbacks = smileIdCallbacks({
 *   credentials,
 *   confirm: confirmWithSmileId({ environment: 'production' }),
 * })
 * @throws SmileIdConfigError `confirm_invalid`, `confirm_events_invalid`, `duration_invalid`
 */
export function confirmWithSmileId(options: ConfirmWithSmileIdOptions): SmileIdConfirm {
  const { environment, baseUrl, events, timeout } = checkOptions(options, checks, {
    what: 'confirmation option',
    code: 'confirm_invalid',
  })
  const api = sharingAnswers(apiFor(environment, baseUrl), timeout)
  return Object.freeze<SmileIdConfirm>({
    events,
    timeout,
    [askSmileId]: async (event, asking) => {
      // The status first: a body that also has a code was decoded by its status.
      if (event.kind === 'result' && event.result.status !== undefined) return askStatus(api, event, asking)
      const isAskable = event.kind === 'result' || event.kind === 'id_info'
      return isAskable && event.result.code !== undefined ? askJobStatus(api, event, asking) : { word: 'unaskable' }
    },
  })
}
