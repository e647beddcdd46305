import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseJson } from '../lib/json.ts'
import type { DeliveryReport } from '../report/report.ts'

/** Limits of a folder. */
export interface FolderLimits {
  readonly most: number
  readonly mostBytes: number
}

/** Names that only this module gives: no other file is ever deleted. */
const ownName = /^\.?(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)-([a-z_]+)-[\da-f]{8}\.(?:json|part)$/

/** Writes a capture atomically, readable by its owner only, and makes room for it. */
export async function writeCapture(
  dir: string,
  code: string,
  receivedAt: Date,
  text: string,
  limits: FolderLimits,
): Promise<void> {
  if (Buffer.byteLength(text) > limits.mostBytes) return
  const name = `${receivedAt.toISOString().replace(/[:.]/g, '-')}-${code}-${randomUUID().slice(0, 8)}`
  const part = join(dir, `.${name}.part`)
  await makeFolder(dir)
  try {
    await writeFile(part, text, { mode: 0o600, flag: 'wx' })
    await rename(part, join(dir, `${name}.json`))
  } catch (error) {
    await unlink(part).catch(() => undefined)
    throw error
  }
  await makeRoom(dir, limits)
}

/**
 * Creates a folder and its parents, for their owner only. Node's own `recursive` loops for ever where nothing may be
 * created, as in /proc.
 */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const above = dirname(dir)
    if (code !== 'ENOENT' || above === dir || (await stat(above).catch(() => undefined))) throw error
    await makeFolder(above)
    await makeFolder(dir)
  }
}

/** Deletes the captures that name a job or a user anywhere; resolves to how many. */
export async function forgetCaptures(dir: string, id: string): Promise<number> {
  const named = new RegExp(`(?<![\\w-])${id.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\w-])`)
  let count = 0
  for (const name of (await readdir(dir).catch(ignoreMissing)) ?? []) {
    if (!ownName.test(name)) continue
    const path = join(dir, name)
    const capture = parseJson((await readFile(path, 'utf8').catch(ignoreMissing)) ?? '')
    const { headers, body = '', bodyEncoding } = (capture ?? {}) as Partial<CaptureFile>
    const texts = [...Object.values(headers ?? {}), bodyEncoding ? Buffer.from(body, bodyEncoding).toString() : body]
    if (!texts.some((text) => named.test(text))) continue
    await unlink(path).catch(ignoreMissing)
    count += 1
  }
  return count
}

/** Deletes the oldest of the code with most files, so that a flood of forgeries does not drive out the rest. */
async function makeRoom(dir: string, { most, mostBytes }: FolderLimits): Promise<void> {
  const names = (await readdir(dir))
    .filter((name) => ownName.test(name))
    .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
  const stats = await Promise.all(
    names.map(async (name) => {
      const { size = 0, mtimeMs = 0 } = (await stat(join(dir, name)).catch(ignoreMissing)) ?? {}
      const isBeingWritten = name.startsWith('.') && Date.now() - mtimeMs < mostWritingMs
      return isBeingWritten ? [] : [{ name, code: ownName.exec(name)?.[2] ?? '', size }]
    }),
  )
  const found = stats.flat()
  let bytes = found.reduce((sum, one) => sum + one.size, 0)
  while (found.length > 0 && (found.length > most || bytes > mostBytes)) {
    const counts = new Map<string, number>()
    for (const { code } of found) counts.set(code, (counts.get(code) ?? 0) + 1)
    const highest = Math.max(...counts.values())
    const oldest = found.findIndex(({ code }) => counts.get(code) === highest)
    for (const { name, size } of found.splice(oldest, 1)) {
      bytes -= size
      await unlink(join(dir, name)).catch(ignoreMissing)
    }
  }
}

/** Another process is about to rename such a file; one that is older was left by a crash. */
const mostWritingMs = 60_000

/** Another process was faster. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

const timeOf = (name: string): string => name.replace(/^\./, '')

/** A captured request, as written to a file. */
export interface CaptureFile {
  method: string
  headers: Record<string, string>
  /** Absent if it was not read, or could not be masked. */
  body?: string
  /** Encoding of `body`; `base64` if the bytes are not UTF-8. */
  bodyEncoding?: 'base64'
  clientIp?: string
  receivedAt: string
  /** True if identity data was masked. */
  redacted?: true
  /** The receiver's report. */
  report?: DeliveryReport
}

/** A body as a capture holds it. */
export function bodyInFile(body: Buffer): Pick<CaptureFile, 'bodyEncoding'> & { body: string } {
  const text = body.toString('utf8')
  return Buffer.from(text, 'utf8').equals(body)
    ? { body: text }
    : { body: body.toString('base64'), bodyEncoding: 'base64' }
}
