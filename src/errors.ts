/** Reason why options or a call were refused; src/options/README.md lists each code with its fix. */
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
  | 'peer_missing'
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
  /** The mistake; src/options/README.md lists each with its fix. */
  readonly code: SmileIdConfigErrorCode

  constructor(code: SmileIdConfigErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Thrown by a handler when no retry can help: the delivery is answered 200, reported as `handler_rejected`
 * and logged, and does not come again. Its text goes to `onHandlerError` alone.
 */
export class PermanentError extends Error {
  /** Identifies the class if the package is loaded twice. */
  override readonly name = 'PermanentError'
}

/** Checked by name: the package may be loaded twice, as ES module and as CommonJS. */
export function isPermanent(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === 'PermanentError'
  } catch {
    // Handlers may throw anything, even a value that throws when it is read.
    return false
  }
}
