import { randomUUID } from 'node:crypto'
import { smileIdCallbacks } from '../../callbacks/callbacks.ts'
import { definedOnly } from '../../lib/json.ts'
import { compileCredentials } from '../../options/credentials.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport } from '../../report/report.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import type { Capture } from '../shared/body.ts'
import { causeOf, causeOfReport, factsOf, type Mistake } from './causes.ts'
import type { Kept } from './read/input.ts'
import type { KnownReport } from './read/report.ts'
import { eventWords, sayingsOf, type Step, stepsOf } from './steps.ts'

export interface InspectOptions {
  credentials: readonly Credential[]
  /** Addresses and CIDRs; `undefined` for the published ones; `false` for no check. */
  allowedIps?: readonly string[] | false | undefined
  /** Epoch ms at which to judge the age. Default: the time of arrival, else now. */
  at?: number | undefined
}

/** An answer with its likely cause. */
interface Judged {
  status: number
  code: DeliveryReport['code']
  cause?: Mistake | undefined
}

export interface Inspection extends Judged {
  steps: Step[]
  /** The answer if the address were allowed. */
  beyondAddress?: Judged | undefined
  /** For a delivery kept with its report: the result with the local credentials. */
  here?: { says: string; cause?: Mistake | undefined } | undefined
  event?: SmileIdEvent | undefined
}

/** Gives a captured request to a real receiver and explains its report: the verdict is always the router's own. */
export async function inspect(capture: Capture, { credentials, allowedIps, at }: InspectOptions): Promise<Inspection> {
  const time = at ?? capture.receivedAt?.getTime() ?? Date.now()
  // A capture seldom has the sender's address; without one it cannot be judged.
  const senders = capture.clientIp === undefined ? false : allowedIps
  let event: SmileIdEvent | undefined
  const callbacks = smileIdCallbacks({
    credentials: credentials.map(usable),
    allowedIps: senders,
    now: () => time,
    logger: false,
  })
  callbacks.onAny((one) => {
    event = one
  })
  const { method, headers, body, clientIp } = capture
  const report = await callbacks.receive({ method, headers, body, clientIp })
  const facts = factsOf({ capture, report, credentials, at: time })
  const beyond =
    report.code === 'ip_not_allowed' ? await inspect(capture, { credentials, allowedIps: false, at: time }) : undefined
  return definedOnly({
    status: report.status,
    code: report.code,
    steps: stepsOf(report, sayingsOf(facts, senders !== false), facts.signedIn),
    cause: causeOf(facts),
    beyondAddress: beyond && { status: beyond.status, code: beyond.code, cause: beyond.cause },
    event,
  })
}

/**
 * A credential that a receiver refuses at start signs nothing: a random key replaces it. The search for a cause uses
 * the original.
 */
function usable(credential: Credential): Credential {
  try {
    compileCredentials(credential)
    return credential
  } catch {
    // The search for a cause says what is wrong with it.
    return { partnerId: 'unusable', apiKey: randomUUID() }
  }
}

/** Explains a receiver's report without the delivery. */
export function inspectReport(report: KnownReport): Inspection {
  const { code, status, clientIp, generation, body, credential } = report
  const isGood = status === 200 && code !== 'handler_rejected' && code !== 'unhandled'
  const steps = stepsOf(report, {
    sender: clientIp,
    signature: generation && (generation === 'v3' ? 'in the headers (v3)' : 'in the body (v1)'),
    body: body?.bytes === undefined ? undefined : `${body.bytes} bytes`,
    key: credential && `made with the key of partner ${credential.partnerId}`,
    event: eventWords(report),
    answer: `${status} ${code}`,
  })
  return { status, code, steps, cause: isGood ? undefined : causeOfReport(report) }
}

/**
 * Tries a refused delivery with the local credentials. Neither signature covers the body, so a masked one can be judged
 * up to its age, and no further.
 */
export async function triedHere(
  { capture, isMasked }: Kept,
  credentials: readonly Credential[],
  at: number | undefined,
): Promise<NonNullable<Inspection['here']>> {
  const { status, code, cause, steps } = await inspect(
    { ...capture, body: capture.body ?? '{}' },
    { credentials, allowedIps: false, at },
  )
  const verdictOf = (name: string) => steps.find((step) => step.name === name)?.verdict
  if (isMasked && verdictOf('age') === 'pass') return { says: 'the signature is right, and so is its age' }
  if ((isMasked || capture.body === undefined) && verdictOf('key') !== 'fail' && verdictOf('age') !== 'fail')
    return { says: 'its signature is not in the capture' }
  return { says: `${status} ${code}`, cause }
}
