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

type Text = readonly [what: string, why: string, fix: string]

const pages = ['src/report/README.md', 'src/report/causes.md'] as const
/** Said where the pages are missing. */
export const missing: Text = [
  'This installation lacks the pages that explain it.',
  `They are ${pages.join(' and ')} of the package express-smile-id.`,
  'Read them at https://github.com/express-smile-id/express-smile-id/tree/main/src/report.',
]

let read: ReadonlyMap<string, Text> | undefined

/** The explanations of all codes and causes, read from the pages of the package. */
export function texts(): ReadonlyMap<string, Text> {
  if (read) return read
  const found = new Map<string, Text>()
  for (const [name, ...cells] of pages.flatMap((page) => namedRows(packageFile(page) ?? '')))
    found.set(name, isReportCode(name) ? [codes[name].sentence, cells[1] ?? '', cells[2] ?? ''] : textOf(cells, found))
  return (read = found)
}

/** A row for each name in the first cell. */
const namedRows = (page: string): [name: string, ...cells: string[]][] =>
  rowsOf(page, 'code|cause').flatMap(([names = '', ...cells]) =>
    names.split(', ').map((name): [string, ...string[]] => [name, ...cells]),
  )

/** The text of a cause; of one that stands for a code, with the code alone; or of an option, without a reason. */
function textOf([what = '', ...cells]: string[], found: ReadonlyMap<string, Text>): Text {
  const refused = 'Options that cannot work are refused at once. The message of the error says more, and no secret.'
  const [why = '', fix = ''] = cells.length === 1 ? [refused, ...cells] : cells
  return found.get(what) ?? [what, why, fix]
}

export const isCause = (name: string): name is Cause => texts().has(name)

const explained = (name: string, [what, why, fix]: Text): Explained => ({
  name,
  ...(isReportCode(name) && { status: codes[name].status }),
  what,
  why,
  fix,
})

/** The explanation of a report code, a cause, or a code of a SmileIdConfigError. */
export function explanationOf(name: string): Explained | undefined {
  const text = texts().get(name)
  return text && explained(name, text)
}

/** The explanation of a name that has one. */
export const explanation = (name: Cause | ReportCode): Explained => explained(name, texts().get(name) ?? missing)
