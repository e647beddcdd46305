import type { Credential } from '../../options/types.ts'
import { inspect, type Inspection } from './inspect.ts'
import type { Kept } from './read/input.ts'

/**
 * Tries a delivery that a receiver refused with the credentials of here. Neither signature covers the body, so a masked
 * one is judged up to its age; what comes then is not in it.
 */
export async function triedHere({ capture, isMasked }: Kept, credentials: readonly Credential[], at: number | undefined): Promise<NonNullable<Inspection['here']>> {
  const { status, code, cause, steps } = await inspect({ ...capture, body: capture.body ?? '{}' }, { credentials, allowedIps: false, at })
  const verdictOf = (name: string) => steps.find((step) => step.name === name)?.verdict
  if (isMasked && verdictOf('age') === 'pass') return { says: 'the signature is right, and so is its age' }
  if ((isMasked || capture.body === undefined) && verdictOf('key') !== 'fail' && verdictOf('age') !== 'fail') return { says: 'its signature is not in the capture' }
  return { says: `${status} ${code}`, ...(cause && { cause }) }
}
