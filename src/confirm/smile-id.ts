import { SmileIdConfigError } from '../errors.ts'
import { checkOptions, type Check, type ChecksOf } from '../lib/check-options.ts'
import { given } from '../lib/check.ts'
import { askSmileId, type ConfirmOptions, type SmileIdConfirm } from './confirm.ts'
import { askJobStatus } from './job-status.ts'
import { askStatus } from './status.ts'
import { confirmChecks } from './options.ts'
import { createTokens } from './tokens.ts'

/** Whom `confirmWithSmileId` asks. */
export interface ConfirmWithSmileIdOptions extends ConfirmOptions {
  /** Whose servers to ask. */
  readonly environment: 'production' | 'sandbox'
  /** Replaces the environment's servers, for tests and proxies; https, or http on this machine. Default: those of `environment`. */
  readonly baseUrl?: string | undefined
}

const servers: Check<keyof typeof baseUrls> = (value, name) => {
  if (value === 'production' || value === 'sandbox') return value
  throw new SmileIdConfigError('confirm_invalid', `${name} must be 'production' or 'sandbox'.`)
}

const checks = { ...confirmChecks, environment: servers, baseUrl: given<unknown>() } satisfies ChecksOf<ConfirmWithSmileIdOptions>

/** Contract v3, section 6. */
const baseUrls = { production: 'https://api.smileidentity.com', sandbox: 'https://testapi.smileidentity.com' } as const

/**
 * For the option `confirm`: reads the result again from Smile ID before any handler sees it, with the key that
 * the delivery was signed with.
 *
 * - v1 (`POST /v1/job_status`): job, user, result code and partner params have to agree. Contract v1, section 2.
 * - v3 (`POST /v3/token`, `GET /v3/status/{job_id}`): job, user and status have to agree; the answer holds nothing
 *   else, so partner params stay unconfirmed: use `callbackSecret` for them. Contract v3, section 6.
 *
 * For `smile_secure` and `monitoring` there is no question to ask: they pass, with `delivery.confirmed` false.
 * @throws SmileIdConfigError `confirm_invalid`, `confirm_events_invalid`, `duration_invalid`
 */
export function confirmWithSmileId(options: ConfirmWithSmileIdOptions): SmileIdConfirm {
  const { environment, baseUrl, events, timeout } = checkOptions(options, checks, { what: 'confirmation option', code: 'confirm_invalid' })
  const base = checkedBase(baseUrl ?? baseUrls[environment])
  const tokens = createTokens(base)
  return Object.freeze<SmileIdConfirm>({
    events,
    timeout,
    [askSmileId]: async (event, asking) => {
      if (event.result.code !== undefined) {
        return event.kind === 'result' || event.kind === 'id_info' ? askJobStatus(base, event, asking) : 'unaskable'
      }
      return event.kind === 'result' ? askStatus(base, tokens, event, asking) : 'unaskable'
    },
  })
}

const local: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]'])

function checkedBase(baseUrl: unknown): string {
  const url = typeof baseUrl === 'string' && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const isSafe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && local.has(url.hostname)))
  if (!isSafe || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new SmileIdConfigError('confirm_invalid', 'baseUrl must be an https URL without a user, a password, a query or a fragment: the API key is sent there.')
  }
  return url.href.replace(/\/$/, '')
}
