import { codes, isReportCode, type ReportCode } from '../../report/codes.ts'
import type { ReceiverCause } from '../../report/refusal.ts'
import { packageFile, rowsOf } from '../shared/io.ts'

/** Causes that `inspect` finds in a capture, beside those that a receiver names. */
export type CaptureCause =
  | 'headers_against_body'
  | 'timestamp_of_other_place'
  | 'other_recipe'
  | 'hashed_body'
  | 'getsmileapi'
  | 'request_error'
  | 'acknowledgement'
  | 'sync_response'
  | 'job_status'
  | 'binary_as_text'
  | 'printed_object'

/** Causes that `doctor` finds from outside. */
export type DoctorCause =
  | 'unreachable'
  | 'hung_up'
  | 'other_protocol'
  | 'certificate'
  | 'not_found'
  | 'redirected'
  | 'body_limit'
  | 'gateway_error'
  | 'slow_answer'
  | 'forgery_accepted'
  | 'rate_limit'
  | 'basic_auth'
  | 'firewall'
  | 'captcha'
  | 'other_answer'

/** A likely cause; src/report/causes.md has a row for each. */
export type Cause = ReceiverCause | CaptureCause | DoctorCause

/** A name with its explanation. */
export interface Explained {
  name: string
  /** Status of a report code. */
  status?: number
  what: string
  why: string
  fix: string
}

const pages = ['src/report/README.md', 'src/report/causes.md'] as const
/** Said where the pages are missing. */
export const missing = {
  what: 'This installation lacks the pages that explain it.',
  why: `They are ${pages.join(' and ')} of the package express-smile-id.`,
  fix: 'Read them at https://github.com/express-smile-id/express-smile-id/tree/main/src/report.',
}

let read: ReadonlyMap<string, Explained> | undefined

/** The explanations of report codes, causes and codes of a SmileIdConfigError, read from the pages of the package. */
export function texts(): ReadonlyMap<string, Explained> {
  if (read) return read
  const found = new Map<string, Explained>()
  for (const [names = '', ...cells] of pages.flatMap((page) => rowsOf(packageFile(page) ?? '', 'code|cause')))
    for (const name of names.split(', ')) found.set(name, explained(name, cells, found))
  return (read = found)
}

/** A cause that stands for a code has the code alone in its row; an option has no reason. */
function explained(name: string, [first = '', ...cells]: string[], found: ReadonlyMap<string, Explained>): Explained {
  const refused = 'Options that cannot work are refused at once. The message of the error says more, and no secret.'
  const [why = '', fix = ''] = cells.length === 1 ? [refused, ...cells] : cells
  if (isReportCode(name)) return { name, status: codes[name].status, what: codes[name].sentence, why, fix }
  return { name, ...textOf(found.get(first) ?? { what: first, why, fix }) }
}

const textOf = ({ what, why, fix }: Omit<Explained, 'name'>) => ({ what, why, fix })

export const isCause = (name: string): name is Cause => texts().has(name)

/** The explanation of a name that has one. */
export const explanation = (name: Cause | ReportCode): Explained => texts().get(name) ?? { name, ...missing }
