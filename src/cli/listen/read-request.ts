import type { IncomingMessage } from 'node:http'

/** The body, kept up to one byte more than `limit`, so that it shows to be too much; undefined if the sender went away. */
export async function readRequest(req: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of req as AsyncIterable<Buffer>) {
      // The rest is read and forgotten: hanging up would hide the answer from the sender.
      if (bytes <= limit) parts.push(part)
      bytes += part.length
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts).subarray(0, limit + 1)
}

/** Headers by the names they were sent with; repeated ones joined as HTTP does. */
export function sentHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value
  }
  return headers
}
