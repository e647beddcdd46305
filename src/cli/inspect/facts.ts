import { isRecord, type Json, parseJson } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { bodyClaim, type Claim, headerClaim } from '../../receive/guards/signature.ts'
import { headerReader, readHeaders } from '../../receive/headers.ts'
import { isRefusal } from '../../report/refusal.ts'
import type { DeliveryReport } from '../../report/report.ts'
import { bodyText, type Capture } from '../shared/body.ts'

/** Facts for the search for a cause. */
export interface Facts {
  capture: Capture
  report: DeliveryReport
  credentials: readonly Credential[]
  /** Epoch ms at which the capture is judged. */
  at: number
  /** The body as a string. */
  text: string
  /** The parsed body; undefined if it is not JSON. */
  value: unknown
  /** The same, if it is an object; else an empty one. */
  body: Json
  header: (name: string) => string | undefined
  /** The signature that the router judged; undefined if it found none. */
  claim: Claim | undefined
  /** The generation that the delivery claims, even by half a pair of headers. */
  signedIn: Claim['generation']
}

export function factsOf(
  capture: Capture,
  report: DeliveryReport,
  credentials: readonly Credential[],
  at: number,
): Facts {
  const text = bodyText(capture)
  const value = parseJson(text)
  const body = isRecord(value) ? value : {}
  const inHeaders = headerClaim(readHeaders(capture.headers))
  const found = inHeaders ?? bodyClaim(value)
  return {
    capture,
    report,
    credentials,
    at,
    text,
    value,
    body,
    header: headerReader(capture.headers),
    claim: isRefusal(found) ? undefined : found,
    signedIn: inHeaders === undefined ? 'v1' : 'v3',
  }
}
