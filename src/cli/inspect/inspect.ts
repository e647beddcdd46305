import { randomUUID } from 'node:crypto'
import { smileIdCallbacks } from '../../callbacks/callbacks.ts'
import type { SmileIdEvent } from '../../types/event.ts'
import { compileCredentials } from '../../options/credentials.ts'
import type { Credential } from '../../options/types.ts'
import type { DeliveryReport } from '../../report/report.ts'
import type { Capture } from '../shared/capture.ts'
import { causeOf } from './cause.ts'
import { factsOf } from './facts.ts'
import type { Mistake } from './mistake.ts'
import { sayingsOf } from './sayings.ts'
import { stepsOf, type Step } from './steps.ts'

export interface InspectOptions {
  credentials: readonly Credential[]
  /** Addresses and CIDRs; `undefined` for the published ones; `false` for no check. */
  allowedIps?: readonly string[] | false | undefined
  /** Epoch ms at which to judge the age. Default: when it was received, else now. */
  at?: number | undefined
}

export interface Inspection {
  /** What the router answers. */
  status: number
  code: DeliveryReport['code']
  steps: Step[]
  cause?: Mistake
  /** What it would come to if the address were allowed. */
  beyondAddress?: { status: number; code: DeliveryReport['code']; cause?: Mistake }
  /** Of a delivery that a receiver kept with its report: what the credentials given here make of it. */
  here?: { says: string; cause?: Mistake }
  event?: SmileIdEvent
}

/**
 * Gives a captured request to a real receiver and explains its report: the verdict is always the router's own.
 */
export async function inspect(capture: Capture, { credentials, allowedIps, at }: InspectOptions): Promise<Inspection> {
  const time = at ?? capture.receivedAt?.getTime() ?? Date.now()
  // A capture seldom knows its sender; what is not there cannot be judged.
  const senders = allowedIps === false || capture.clientIp === undefined ? false : allowedIps
  const { report, event } = await judge(capture, credentials, senders, time)
  const facts = factsOf(capture, report, credentials, time)
  const cause = causeOf(facts)
  const beyond = report.code === 'ip_not_allowed' ? await inspect(capture, { credentials, allowedIps: false, at: time }) : undefined
  return {
    status: report.status,
    code: report.code,
    steps: stepsOf(report, sayingsOf(facts, senders !== false), facts.signedIn),
    ...(cause && { cause }),
    ...(beyond && { beyondAddress: { status: beyond.status, code: beyond.code, ...(beyond.cause && { cause: beyond.cause }) } }),
    ...(event && { event }),
  }
}

async function judge({ method, headers, body, clientIp }: Capture, credentials: readonly Credential[], allowedIps: readonly string[] | false | undefined, at: number) {
  let event: SmileIdEvent | undefined
  const callbacks = smileIdCallbacks({ credentials: credentials.map(usable), allowedIps, now: () => at, logger: false })
  callbacks.onAny((one) => { event = one })
  const report = await callbacks.receive({ method, headers, body, clientIp })
  return { report, event }
}

/** A credential that a receiver refuses at start signs nothing: a key nobody has stands in for it. The cause looks at what was given. */
function usable(credential: Credential): Credential {
  try {
    compileCredentials(credential)
    return credential
  } catch {
    return { partnerId: 'unusable', apiKey: randomUUID() }
  }
}
