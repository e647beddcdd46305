import { isRecord, parseJson } from '../../lib/json.ts'
import { codes, isReportCode, type ReportCode } from '../../report/codes.ts'
import type { PostAnswer } from '../../testing/deliver/post.ts'
import type { Cause } from '../explain/texts.ts'

/** Answer to one delivery: the router's, or another one with its cause. */
export type Answer = RouterAnswer | OtherAnswer
interface RouterAnswer {
  kind: 'router'
  status: number
  code: ReportCode | 'received'
  date: string | undefined
}
export interface OtherAnswer {
  kind: 'other'
  /** Undefined if no whole answer came. */
  status?: number
  /** The status, or the code of the error. */
  code: string
  cause: Cause
  says: string
}

export function classified(url: URL, answer: PostAnswer): Answer {
  const { status, headers, text } = answer
  const code = routerCode(status, text)
  if (code !== undefined) return { kind: 'router', status, code, date: headers['date'] }
  const location = headers['location']
  if (status >= 300 && status < 400 && location !== undefined) return redirect(url, status, location)
  const by = headers['server'] === undefined ? '' : ` (Server: ${headers['server']})`
  const [cause, , says] = rules.find(([, matches]) => matches(answer)) ?? unknownAnswer
  return { kind: 'other', status, code: String(status), cause, says: `${status}${by}${says}` }
}

const botCheck = /captcha|challenge-platform|cf-chl|verify (?:that )?you are (?:a )?human|just a moment/i

type Rule = readonly [cause: Cause, matches: (answer: PostAnswer) => boolean, says: string]

/** By the proxy or server that answers for the app; the first that matches counts. */
const rules: readonly Rule[] = [
  ['rate_limit', ({ status }) => status === 429, ': a rate limit before the router.'],
  [
    'basic_auth',
    ({ status, headers }) => status === 401 && headers['www-authenticate'] !== undefined,
    ': a password is asked for before the router.',
  ],
  [
    'captcha',
    ({ text }) => botCheck.test(text.slice(0, 65_536)),
    ': a page that only a browser passes, before the router.',
  ],
  ['firewall', ({ status }) => status === 403, ': a firewall before the router refuses.'],
  ['not_found', ({ status }) => status === 404, ': no router is mounted here.'],
  ['body_limit', ({ status }) => status === 413, ', before the router.'],
  ['gateway_error', ({ status }) => status >= 502 && status <= 504, ': a proxy answers for the app.'],
]
const unknownAnswer: Rule = ['other_answer', () => true, ', which is not an answer of this router.']

/** True for an answer that stands for a guard before the router, whatever the size of the body. */
export const isGate = ({ cause }: OtherAnswer): boolean => rules.slice(0, 4).some(([gate]) => gate === cause)

function redirect(url: URL, status: number, location: string): OtherAnswer {
  const to = URL.canParse(location, url.href) ? shownUrl(new URL(location, url)) : location
  const from = shownUrl(url)
  const isHttps = url.protocol === 'http:' && to === from.replace(/^http:/, 'https:')
  const where = `leads to ${to}${isHttps ? ', the same over https: give Smile ID that URL' : ''}. Smile ID does not follow.`
  const says = `${status} ${to === from ? 'leads to the same URL again.' : where}`
  return { kind: 'other', status, code: String(status), cause: 'redirected', says }
}

/** By the codes of Node and OpenSSL. */
const silences: readonly (readonly [RegExp, Cause])[] = [
  [/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)/, 'certificate'],
  [/^(EPROTO|HPE_INVALID_\w+|ERR_SSL_\w+)$/, 'other_protocol'],
  [/^(ECONNRESET|EPIPE)$/, 'hung_up'],
  [/^(ERR_ANSWER_TOO_LONG|HPE_HEADER_OVERFLOW)$/, 'other_answer'],
]

export function unanswered(error: unknown): OtherAnswer {
  const { code: given, name } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError')
    return {
      kind: 'other',
      code: 'timeout',
      cause: 'slow_answer',
      says: 'no answer within the time that Smile ID waits.',
    }
  const code = given ?? name
  const [, cause = 'unreachable'] = silences.find(([known]) => known.test(code)) ?? []
  const isPart = cause === 'hung_up' || cause === 'other_answer'
  return { kind: 'other', code, cause, says: `${isPart ? 'no whole answer came' : 'there is no answer'} (${code}).` }
}

/** The code in an answer of the router; others may answer with the same status. */
function routerCode(status: number, text: string): ReportCode | 'received' | undefined {
  const answer = parseJson(text)
  if (!isRecord(answer)) return undefined
  if (answer['received'] === true && status === 200) return 'received'
  const code = isRecord(answer['error']) ? String(answer['error']['code']) : ''
  return isReportCode(code) && codes[code].status === status ? code : undefined
}

/** The URL without user and password. */
export function shownUrl(given: URL): string {
  const url = new URL(given)
  url.username = url.password = ''
  return url.href
}
