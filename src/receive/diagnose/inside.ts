import { describeError } from '../../lib/describe-error.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'

/** Of paths that a line can hold. */
const most = 10

/** Partner params that break the schema: where, never what. Keys of a map may be anybody's data, so only names are shown. */
export function refuseParams(issues: readonly { path: string }[]): Refusal {
  const paths = [...new Set(issues.map(({ path }) => shownPath(path)))].slice(0, most)
  return refuse('invalid_partner_params', `These partner params do not fit the schema of partnerParams: ${paths.join(', ')}.`, { cause: 'partner_params_schema', details: { paths } })
}

const shownPath = (path: string): string => (path === '' ? '(the whole)' : path.split('.').map((part) => (/^[A-Za-z_]\w{0,40}$|^\d{1,4}$/.test(part) ? part : '*')).join('.'))

/** What threw where nothing should: its class and place. */
export function refuseUnexpected(error: unknown): Refusal {
  const { error: name, code, at } = describeError(error)
  return refuse('internal_error', `${name} was thrown${at === undefined ? '' : ` at ${at}`}.`, { cause: 'unexpected', details: { error: code ?? name, ...(at !== undefined && { at }) } })
}
