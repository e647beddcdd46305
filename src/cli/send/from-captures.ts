import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord, type Json, parseJson } from '../../lib/json.ts'
import type { Credential } from '../../options/types.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'
import { readCapture } from '../inspect/read/input.ts'
import { asDelivery, bodyText, type Capture, type Sendable, withoutEncoding } from '../shared/body.ts'
import { UsageError } from '../shared/usage.ts'
import type { Planned } from './plan.ts'

/**
 * Captures of a file or of all `.json` files of a folder, by name. Without `credential` they are sent exactly as
 * captured.
 */
export async function fromCaptures(path: string, credential: Credential | undefined): Promise<Planned[]> {
  const files = await filesOf(path)
  if (files.length === 0) throw new UsageError(`${path} holds no .json files.`)
  return Promise.all(
    files.map(async (file) => {
      const capture = readCapture(await readFile(file, 'utf8'))
      return { about: file, make: () => (credential ? signedAnew(capture, credential, file) : asDelivery(capture)) }
    }),
  )
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    return (await readdir(path))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(path, name))
  } catch {
    throw new UsageError(`${path} cannot be read.`)
  }
}

/** Signs a captured callback again, now and with our key, where its first signature was. */
export function signedAnew(capture: Capture, credential: Credential, file: string): Sendable {
  const { headers, body } = asDelivery(capture)
  const byName = Object.entries(headers)
  const inHeaders = byName.some(([name]) => /^response-(signature|timestamp)$/i.test(name))
  const kept = Object.fromEntries(byName.filter(([name]) => !/^response-(signature|timestamp)$/i.test(name)))
  const signed = signDelivery({
    generation: inHeaders ? 'v3' : 'v1',
    credential,
    payload: inHeaders ? {} : payloadOf(bodyText(capture), file),
  })
  // A signature in the body changes it, so the new body is not compressed.
  return inHeaders
    ? { headers: { ...signed.headers, ...kept }, body }
    : { headers: { ...signed.headers, ...withoutEncoding(kept) }, body: signed.body }
}

function payloadOf(body: string, file: string): Json {
  const payload = parseJson(body)
  if (isRecord(payload)) return payload
  throw new UsageError(`The body of ${file} is not a JSON object, so it cannot be signed again: add --as-is.`)
}
