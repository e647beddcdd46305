import { SmileIdConfigError } from '../errors.ts'
import { budget } from '../lib/budget.ts'
import { bytes, checkOptions, type ChecksOf, count, flag, nonEmptyString } from '../lib/check.ts'
import { copyOf } from '../lib/json.ts'
import { codeOfError } from '../lib/words.ts'
import { checkBody, parseBody } from '../receive/body/parse.ts'
import type { ReadBody } from '../receive/body/read.ts'
import { headerStrings } from '../receive/headers.ts'
import { type Evidence, evidenceOf } from '../receive/receive.ts'
import { isRefusal } from '../report/refusal.ts'
import type { DeliveryReport } from '../report/report.ts'
import { bodyInFile, type CaptureFile, writeCapture } from './folder.ts'
import { maskedBody, maskedHeaders } from './mask.ts'

/** Where refused deliveries are kept, and how many. */
export interface CaptureRefusedOptions {
  /** The folder; made when the first is written, for its owner alone. */
  readonly dir: string
  /**
   * How many captures, of as many bytes as `mostBytes` together, it may hold; the oldest of the commonest code goes
   * first. Default: 100.
   */
  readonly most?: number | undefined
  /** How large they may be together: bytes, or a text such as `'16mb'`. Default: 16 777 216. */
  readonly mostBytes?: number | string | undefined
  /** Whether identity data is masked. `false` writes names, numbers and photos as they came. Default: true. */
  readonly redact?: boolean | undefined
}

const checks = {
  dir: directory,
  most: count(100),
  mostBytes: bytes(16_777_216),
  redact: flag(true),
} satisfies ChecksOf<CaptureRefusedOptions>

function directory(value: unknown, name: string): string {
  const dir = nonEmptyString(undefined)(value, name)
  if (dir !== undefined && !dir.includes('\0')) return dir
  throw new SmileIdConfigError('options_invalid', `${name} must be a path: the folder in which captures are written.`)
}

/**
 * Captures of one code and cause per second, and of all that wait to be written: a flood must not keep the process
 * busy.
 */
const mostPerSecond = 5
const mostWaiting = 8

/**
 * For the option `onDelivery`: writes refused deliveries, what was answered other than 2xx, to files for
 * `express-smile-id inspect`.
 * An accepted one is never written. The answer does not wait for it, and nothing that goes wrong with it reaches the
 * receiver:
 * the log says once that a file could not be written.
 *
 * Masked, a capture keeps what a refusal is about: the sender's address, the signature with its timestamp, documented
 * keys, result codes and statuses, and the
 * report. A body that was never read, or is no JSON, is left out. A listener of your own calls it at once, not after an
 * `await`.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { captureRefused } from 'express-smile-id/capture'
 *
 * const callbacks = smileIdCallbacks({ credentials, onDelivery: captureRefused({ dir: 'refused', most: 50 }) })
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { captureRefused } from 'express-smile-id/capture'
 * const capture = captureRefused({ dir: 'refused' })
 * smileIdCallbacks({ credentials, onDelivery: (report) => {
 *   capture(report)
 *   console.log(report.code)
 * } })
 * @throws SmileIdConfigError for options that cannot work
 */
export function captureRefused(options: CaptureRefusedOptions): (report: DeliveryReport) => void {
  const { dir, most, mostBytes, redact } = checkOptions(options, checks, {
    required: true,
    whole: 'The argument of captureRefused',
  })
  const budgets = new Map<string, () => boolean>()
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  const mayWrite = ({ code, cause }: DeliveryReport): boolean => {
    const key = `${code} ${cause ?? ''}`
    const may = budgets.get(key) ?? budget(mostPerSecond)
    budgets.set(key, may)
    return may() && waiting < mostWaiting
  }
  return (report) => {
    if (report.status < 300) return
    const evidence = evidenceOf(report)
    if (!evidence || !mayWrite(report)) return
    const told = copyOf(report)
    // Some hosts use a request again once it is answered.
    const headers = headerStrings(evidence.delivery.headers)
    waiting += 1
    // One after the other, so that each sees what the one before has written.
    last = last
      .then(nextTurn)
      .then(() =>
        writeCapture(
          dir,
          told.code,
          told.receivedAt,
          `${JSON.stringify(captured(evidence, headers, told, redact), null, 2)}\n`,
          { most, mostBytes },
        ),
      )
      .catch((error: unknown) => {
        evidence.warn(
          'capture_failed',
          `a refused delivery could not be written to the folder of captureRefused (${codeOfError(error) ?? 'an error'}). This is said once.`,
        )
      })
      .finally(() => {
        waiting -= 1
      })
  }
}

/** The answer goes first. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function captured(
  { delivery, read }: Evidence,
  headers: Record<string, string>,
  report: DeliveryReport,
  redact: boolean,
): CaptureFile {
  return {
    receivedAt: report.receivedAt.toISOString(),
    ...(report.clientIp !== undefined && { clientIp: report.clientIp }),
    method: /^[A-Z]{1,10}$/.test(delivery.method) ? delivery.method : '',
    headers: redact ? maskedHeaders(headers) : headers,
    ...(read && (redact ? masked(read, report.credential !== undefined) : asCame(read))),
    ...(redact && { redacted: true }),
    report,
  }
}

function asCame(read: ReadBody): Pick<CaptureFile, 'body' | 'bodyEncoding'> {
  return read.source === 'parsed' ? { body: JSON.stringify(read.value) } : bodyInFile(read.raw)
}

/** What is no JSON, or costly to build and of a stranger, is left out: what it looks like is the report's to say. */
function masked(read: ReadBody, isProven: boolean): Pick<CaptureFile, 'body'> {
  const outline = checkBody(read, Infinity)
  if (isRefusal(outline) || (outline.isFull && !isProven)) return {}
  const parsed = parseBody(read, outline)
  return isRefusal(parsed) ? {} : { body: JSON.stringify(maskedBody(parsed.value)) }
}
