/** Reason why options or a call were refused; src/report/causes.md lists each code with its fix. */
export type SmileIdConfigErrorCode =
  | 'options_invalid'
  | 'unknown_option'
  | 'credentials_missing'
  | 'credentials_invalid'
  | 'api_key_invalid'
  | 'partner_id_invalid'
  | 'allowed_ips_empty'
  | 'allowed_ip_invalid'
  | 'client_ip_invalid'
  | 'max_body_size_invalid'
  | 'duration_invalid'
  | 'now_invalid'
  | 'partner_params_invalid'
  | 'callback_invalid'
  | 'logger_invalid'
  | 'event_name_unknown'
  | 'handler_invalid'
  | 'signal_invalid'
  | 'subscription_key_invalid'
  | 'store_invalid'
  | 'on_store_error_invalid'
  | 'lease_too_short'
  | 'ttl_too_short'
  | 'inbox_invalid'
  | 'worker_invalid'
  | 'event_id_invalid'
  | 'confirm_invalid'
  | 'confirm_events_invalid'
  | 'reconcile_invalid'
  | 'callback_secret_invalid'
  | 'callback_secret_missing'
  | 'callback_url_invalid'
  | 'sample_unknown'
  | 'target_invalid'

/**
 * Thrown for options and arguments that cannot work: at start when something is set up, and by `on`, `urlFor`,
 * `waitForJob` and the test kit when they are called. Functions that return a promise reject with it. The message says
 * what to do; it never holds a secret.
 */
export class SmileIdConfigError extends Error {
  /** Identifies the class if the package is loaded twice, as ES module and as CommonJS. */
  override readonly name = 'SmileIdConfigError'
  /** The mistake; `express-smile-id explain <code>` gives the fix. */
  readonly code: SmileIdConfigErrorCode

  constructor(code: SmileIdConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * The part of the app's own code that failed, for `onError`. `delivery`: everything without a name of its own, such as
 * the option `now`, or a host's replacement for a request's headers or body.
 */
export type ErrorPlace =
  | 'handler'
  | 'credentials'
  | 'clientIp'
  | 'partnerParams'
  | 'eventId'
  | 'confirm'
  | 'store'
  | 'inbox'
  | 'serialize'
  | 'deserialize'
  | 'worker'
  | 'reconcile'
  | 'listener'
  | 'answer'
  | 'delivery'

/** Thrown by this library with a sentence of its own, which logs show in full. It never holds what was delivered. */
export class SmileIdError extends Error {
  /** By this name it is known, also where the package is loaded twice. */
  override readonly name = 'SmileIdError'
  /** Set where `cause` is what the app's own code threw: then that is told, and not this. */
  readonly where: ErrorPlace | undefined

  constructor(message: string, { cause, where }: { cause?: unknown; where?: ErrorPlace } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.where = where
  }
}

/** True if the message of an error is a sentence of this library. */
export const isOwnError = (error: unknown): error is Error =>
  isNamed(error, 'SmileIdError', 'SmileIdConfigError', 'DispatchError', 'EffectError')

function isNamed(error: unknown, ...names: string[]): boolean {
  try {
    return error instanceof Error && names.includes(error.name)
  } catch {
    // An app may throw anything, also what cannot be looked at.
    return false
  }
}

/**
 * Thrown by a handler when no retry can help: the delivery is answered 200, reported as `handler_rejected`
 * and logged, and does not come again. The error itself goes to `onError` alone.
 */
export class PermanentError extends Error {
  /** Identifies the class if the package is loaded twice. */
  override readonly name = 'PermanentError'
}

/** Checked by name: the package may be loaded twice, as ES module and as CommonJS. */
export const isPermanent = (error: unknown): boolean => isNamed(error, 'PermanentError')

/** Why an effect of `inTransaction` did not happen. */
export type EffectErrorCode = 'verdict_conflict' | 'transaction_broken' | 'job_busy' | 'effects_table_outdated'

/**
 * Thrown by a handler of `inTransaction` whose effect did not happen. Nothing of it stays, and the delivery comes
 * again. Its message says what to do, and holds nothing of the event but ids of events.
 */
export class EffectError extends Error {
  /** Identifies the class where the package is loaded twice. */
  override readonly name = 'EffectError'
  /**
   * `verdict_conflict`: the same verdict had its effect for another recipient. `transaction_broken`: the handler ended
   * the transaction, or went on after a failed statement. `job_busy`: another process had the job for longer than
   * `lockTimeout`. `effects_table_outdated`: the table lacks a column.
   */
  readonly code: EffectErrorCode
  /** For a `verdict_conflict`: the `id` of the event that had the effect, if it is known. */
  readonly otherEventId: string | undefined

  constructor(code: EffectErrorCode, message: string, otherEventId?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.otherEventId = otherEventId
  }
}

const isEffectError = (error: unknown): error is EffectError => isNamed(error, 'EffectError')

export const isConflict = (error: unknown): error is EffectError =>
  isEffectError(error) && error.code === 'verdict_conflict'
