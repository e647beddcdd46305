import type { DeliveryReport } from '../report/report.ts'

/** How a captured request is written to a file. */
export interface CaptureFile {
  method: string
  headers: Record<string, string>
  /** Absent where nobody read it, or what is in it could not be masked. */
  body?: string
  /** Of `body`; `base64` where the bytes are no UTF-8 text. */
  bodyEncoding?: 'base64'
  clientIp?: string
  receivedAt: string
  /** Whether identity data was masked. */
  redacted?: true
  /** What the receiver said of it. */
  report?: DeliveryReport
}

/** A body as a capture holds it. */
export function bodyInFile(body: Buffer): Pick<CaptureFile, 'bodyEncoding'> & { body: string } {
  const text = body.toString('utf8')
  return Buffer.from(text, 'utf8').equals(body) ? { body: text } : { body: body.toString('base64'), bodyEncoding: 'base64' }
}
