import { isRecord } from '../lib/json.ts'
import { newestVersion } from './message.ts'

/**
 * Why a worker has to leave a job in its queue, untouched and with all its attempts: it is somebody else's, or a newer
 * version of this library stored it. Undefined for a job to be handled.
 */
export function reasonToLeave(data: unknown): string | undefined {
  const { version, id } = isRecord(data) ? data : {}
  if (typeof version !== 'number' || typeof id !== 'string')
    return "a job that no inbox of this library stored: two kinds of workers share the queue, and each takes what is the other's. Give yours a queue of its own"
  return version > newestVersion
    ? `a message of version ${version}, and this worker reads ${newestVersion} at most: a newer version of this library stored it. Update the workers`
    : undefined
}

/** How long a job is left alone, ms. */
export const leaveMs = 30_000
