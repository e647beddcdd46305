import { SmileIdError } from '../errors.ts'
import { budget } from '../lib/limits.ts'
import { bytes, checkOptions, type ChecksOf, count, demand, flag, nonEmptyString } from '../lib/check.ts'
import { copyOf } from '../lib/json.ts'
import { checkBody, parseBody } from '../receive/body/parse.ts'
import type { ReadBody } from '../receive/body/read.ts'
import { headerStrings } from '../receive/headers.ts'
import type { DeliveryContext } from '../receive/config.ts'
import { isRefusal } from '../report/refusal.ts'
import type { DeliveryReport } from '../report/report.ts'
import { bodyInFile, type CaptureFile, forgetCaptures, writeCapture } from './folder.ts'
import { maskedBody, maskedHeaders } from './mask.ts'

/** Options of `captureRefused`. */
export interface CaptureRefusedOptions {
  /** The folder; created with the first file, readable by its owner only. */
  readonly dir: string
  /**
   * Limit on the number of captures, within `mostBytes`; the oldest of the most frequent code is deleted first.
   * Default: 100.
   */
  readonly most?: number | undefined
  /** Limit on their total size: bytes, or a string such as `'16mb'`. Default: 16 777 216. */
  readonly mostBytes?: number | string | undefined
  /** If true, identity data is masked. `false` writes names, numbers and photos as received. Default: true. */
  readonly redact?: boolean | undefined
}

/** Made by `captureRefused`, for the option `onDelivery`. */
export interface CaptureRefused {
  (report: DeliveryReport, context: Pick<DeliveryContext, 'delivery' | 'read'>): Promise<void> | undefined
  /** Deletes the captures that name a job or a user; resolves to how many. */
  readonly forget: (jobOrUserId: string) => Promise<number>
}

const checks = {
  dir: directory,
  most: count(100),
  mostBytes: bytes(16_777_216),
  redact: flag(true),
} satisfies ChecksOf<CaptureRefusedOptions>

function directory(value: unknown, name: string): string {
  const dir = nonEmptyString(undefined)(value, name)
  const message = `${name} must be a path: the folder in which captures are written.`
  demand(dir !== undefined && !dir.includes('\0'), 'options_invalid', message)
  return dir
}

/**
 * Limits on captures of one code and cause per second, and on those waiting to be written: a flood must not keep the
 * process busy.
 */
const mostPerSecond = 5
const mostWaiting = 8

/**
 * For the option `onDelivery`: writes refused deliveries (answered other than 2xx) to files for `express-smile-id
 * inspect`. Accepted ones are never written. The answer does not wait for it, and its failures do not reach the
 * receiver: the log and `onError` are told once that a file could not be written.
 *
 * A masked capture keeps the facts of a refusal: the sender's address, the signature with its timestamp, documented
 * keys, result codes and statuses, and the report. A body that was not read, or is not JSON, is left out. Its method
 * `forget(id)` deletes the captures that name a job or a user, as `callbacks.forget({ jobId })` does.
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { captureRefused } from 'express-smile-id/capture'
 *
 * const callbacks = smileIdCallbacks({ credentials, onDelivery: captureRefused({ dir: 'refused', most: 50 }) })
 * @example
 * import { smileIdCallbacks } from 'express-smile-id'
 * import { captureRefused } from 'express-smile-id/capture'
 *
 * const capture = captureRefused({ dir: 'refused' })
 * smileIdCallbacks({ credentials, onDelivery: [capture, (report) => console.log(report.code)] })
 * @throws SmileIdConfigError for options that cannot work
 */
export function captureRefused(options: CaptureRefusedOptions): CaptureRefused {
  const { dir, redact, ...limits } = checkOptions(options, checks, {
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
  let hasFailed = false
  const capture = (report: DeliveryReport, context: Pick<DeliveryContext, 'delivery' | 'read'>) => {
    if (report.status < 300 || !mayWrite(report)) return undefined
    if (!(context as unknown)) throw new SmileIdError('captureRefused needs both arguments of onDelivery')
    const told = copyOf(report)
    // Some hosts reuse a request once it is answered.
    const headers = headerStrings(context.delivery.headers)
    waiting += 1
    // In sequence, so that each sees the files written before it; the answer is sent first.
    const writing = last
      .then(() => new Promise(setImmediate))
      .then(() => {
        const text = `${JSON.stringify(captured(context, headers, told, redact), null, 2)}\n`
        return writeCapture(dir, told.code, told.receivedAt, text, limits)
      })
      .catch((cause: unknown) => {
        if (hasFailed) return
        hasFailed = true
        throw new SmileIdError(
          'a refused delivery could not be written to the folder of captureRefused; this is said once',
          { cause },
        )
      })
      .finally(() => {
        waiting -= 1
      })
    last = writing.catch(() => undefined)
    return writing
  }
  // Those that are being written are found as well.
  return Object.assign(capture, { forget: (id: string) => last.then(() => forgetCaptures(dir, id)) })
}

function captured(
  { delivery, read }: Pick<DeliveryContext, 'delivery' | 'read'>,
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

const asCame = (read: ReadBody): Pick<CaptureFile, 'body' | 'bodyEncoding'> =>
  read.source === 'parsed' ? { body: JSON.stringify(read.value) } : bodyInFile(read.raw)

/** A body that is not JSON, or that is costly to parse and of a stranger, is left out: the report describes it. */
function masked(read: ReadBody, isProven: boolean): Pick<CaptureFile, 'body'> {
  const outline = checkBody(read, Infinity)
  if (isRefusal(outline) || (outline.isFull && !isProven)) return {}
  const parsed = parseBody(read, outline)
  return isRefusal(parsed) ? {} : { body: JSON.stringify(maskedBody(parsed.value)) }
}
