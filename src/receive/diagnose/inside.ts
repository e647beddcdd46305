import { describeError } from '../../lib/describe-error.ts'
import type { ReceiverCause } from '../../report/causes.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'
import type { ReportCode } from '../../report/report.ts'

/** Of paths that a line can hold. */
const most = 10

/** Partner params that break the schema: where, never what. Keys of a map may be anybody's data, so only names are shown. */
export function refuseParams(issues: readonly { path: string }[]): Refusal {
  const paths = [...new Set(issues.map(({ path }) => shownPath(path)))].slice(0, most)
  return refuse('invalid_partner_params', `These partner params do not fit the schema of partnerParams: ${paths.join(', ')}.`, { cause: 'partner_params_schema', details: { paths } })
}

const shownPath = (path: string): string => (path === '' ? '(the whole)' : path.split('.').map((part) => (/^[A-Za-z_]\w{0,40}$|^\d{1,4}$/.test(part) ? part : '*')).join('.'))

/** What a handler threw, of several the first: its class, code and place. Its text goes to `onHandlerError` alone. */
export const refuseThrown = (code: ReportCode, error: unknown): Refusal => refuseError(code, error, 'handler_threw', ' by a handler', ' onHandlerError is given the error itself.')

/** What threw where nothing should. */
export const refuseUnexpected = (error: unknown): Refusal => refuseError('internal_error', error, 'unexpected')

function refuseError(end: ReportCode, error: unknown, cause: ReceiverCause, by = '', more = ''): Refusal {
  const { error: name, code, at } = describeError(error)
  return refuse(end, `${name} was thrown${by}${at === undefined ? '' : ` at ${at}`}.${more}`, { cause, details: { error: code ?? name, ...(at !== undefined && { at }) } })
}
