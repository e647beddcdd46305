import { definedOnly } from '../../lib/json.ts'
import { codes, type ReportCode } from '../../report/codes.ts'
import type { PostAnswer } from '../../testing/deliver/post.ts'
import type { Cause } from '../explain/texts/causes.ts'

/** Answer to one delivery. */
export type Answer = RouterAnswer | WrongAnswer
export interface RouterAnswer {
  kind: 'router'
  status: number
  code: ReportCode | 'received'
  date?: string
}
export type WrongAnswer =
  | { kind: 'redirect'; status: number; to: string; isCircle: boolean; toHttps: boolean }
  | { kind: 'other'; status: number; server?: string; by?: Cause }
  | { kind: 'error'; code: string }

export function classified(url: URL, { status, headers, text }: PostAnswer): Answer {
  const location = headers['location']
  if (status >= 300 && status < 400 && location !== undefined) {
    const to = absolute(location, url)
    const toHttps = url.protocol === 'http:' && shownUrl(to) === shownUrl(url).replace(/^http:/, 'https:')
    return { kind: 'redirect', status, to: shownUrl(to), isCircle: shownUrl(to) === shownUrl(url), toHttps }
  }
  const code = routerCode(status, text)
  if (code === undefined)
    return definedOnly({
      kind: 'other' as const,
      status,
      server: headers['server'],
      by: gatekeeper(status, headers, text),
    })
  return { kind: 'router', status, code, ...(headers['date'] !== undefined && { date: headers['date'] }) }
}

export function unanswered(error: unknown): WrongAnswer {
  const { code, name } = error as NodeJS.ErrnoException
  return { kind: 'error', code: name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : (code ?? name) }
}

/** The proxy or server that answers for the app. */
const gates: Readonly<Partial<Record<Cause, string>>> = {
  rate_limit: 'a rate limit before the router.',
  basic_auth: 'a password is asked for before the router.',
  captcha: 'a page that only a browser passes, before the router.',
  firewall: 'a firewall before the router refuses.',
}

function gatekeeper(status: number, headers: PostAnswer['headers'], text: string): Cause | undefined {
  if (status === 429) return 'rate_limit'
  if (status === 401 && headers['www-authenticate'] !== undefined) return 'basic_auth'
  if (
    /captcha|challenge-platform|cf-chl|verify (?:that )?you are (?:a )?human|just a moment/i.test(text.slice(0, 65_536))
  )
    return 'captcha'
  return status === 403 ? 'firewall' : undefined
}

/** Explains an answer that is not the router's. */
export function causeOfAnswer(answer: WrongAnswer): { cause: Cause; says: string } {
  if (answer.kind === 'redirect')
    return {
      cause: 'redirected',
      says: answer.isCircle
        ? `${answer.status} leads to the same URL again.`
        : `${answer.status} leads to ${answer.to}${answer.toHttps ? ', the same over https: give Smile ID that URL' : ''}. Smile ID does not follow.`,
    }
  if (answer.kind === 'error') return causeOfSilence(answer.code)
  const { status, server, by: gate } = answer
  if (gate !== undefined)
    return { cause: gate, says: `${status}${server === undefined ? '' : ` (Server: ${server})`}: ${gates[gate] ?? ''}` }
  const by = server === undefined ? '' : ` (Server: ${server})`
  if (status === 404) return { cause: 'not_found', says: `404${by}: no router is mounted here.` }
  if (status === 413) return { cause: 'body_limit', says: `413${by}, before the router.` }
  if (status >= 502 && status <= 504)
    return { cause: 'gateway_error', says: `${status}${by}: a proxy answers for the app.` }
  return { cause: 'other_answer', says: `${status}${by}, which is not an answer of this router.` }
}

function causeOfSilence(code: string): { cause: Cause; says: string } {
  if (code === 'timeout') return { cause: 'slow_answer', says: 'no answer within the time that Smile ID waits.' }
  const [, cause = 'unreachable'] = silences.find(([known]) => known.test(code)) ?? []
  return {
    cause,
    says: `${cause === 'hung_up' || cause === 'other_answer' ? 'no whole answer came' : 'there is no answer'} (${code}).`,
  }
}

/** By the codes of Node and OpenSSL. */
const silences: readonly (readonly [RegExp, Cause])[] = [
  [/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)/, 'certificate'],
  [/^(EPROTO|HPE_INVALID_\w+|ERR_SSL_\w+)$/, 'other_protocol'],
  [/^(ECONNRESET|EPIPE)$/, 'hung_up'],
  [/^(ERR_ANSWER_TOO_LONG|HPE_HEADER_OVERFLOW)$/, 'other_answer'],
]

/** The code in an answer of the router; others may answer with the same status. */
function routerCode(status: number, text: string): ReportCode | 'received' | undefined {
  try {
    const { received, error } = JSON.parse(text) as { received?: unknown; error?: { code?: unknown } | null }
    if (received === true && status === 200) return 'received'
    const code = error?.code
    return typeof code === 'string' && Object.hasOwn(codes, code) && codes[code as ReportCode].status === status
      ? (code as ReportCode)
      : undefined
  } catch {
    return undefined
  }
}

function absolute(location: string, url: URL): URL | string {
  try {
    return new URL(location, url)
  } catch {
    return location
  }
}

/** The URL without user and password. */
export function shownUrl(given: URL | string): string {
  if (typeof given === 'string') return given
  const url = new URL(given)
  url.username = url.password = ''
  return url.href
}
