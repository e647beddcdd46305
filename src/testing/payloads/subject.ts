import { randomBytes, randomInt } from 'node:crypto'

/** The invented person and job of a sample, new for every job. */
export interface Subject {
  jobId: string
  userId: string
  /** v1 `SmileJobID`: ten digits. */
  smileJobId: string
}

/** Lower-case Crockford base32, as Smile ID's v3 ids. contract/v3.md §4. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const crockford = (length: number): string => Array.from(randomBytes(length), (byte) => alphabet[byte % 32]).join('')

type Given = { [Name in keyof Subject]?: string | undefined }

/** Invents each id that is not given. */
export function newSubject({ jobId, userId, smileJobId }: Given): Subject {
  return {
    jobId: jobId ?? `job_${crockford(26)}`,
    userId: userId ?? `user_${crockford(26)}`,
    smileJobId: smileJobId ?? String(randomInt(1, 1_000_000_000)).padStart(10, '0'),
  }
}

/** A picture in base64: the first bytes of a JPEG, without a person. */
export const picture = '/9j/ZmFrZS1pbWFnZS1ieXRlcw=='

/** The invented person of every v1 sample. */
export const person = Object.freeze({
  first: 'Ada',
  middle: 'Bello',
  last: 'Example',
  full: 'Ada Bello Example',
  born: '1991-06-04',
  idNumber: '00000000000',
})

/** The identity headers that belong to a v3 payload but are no part of it. contract/v3.md §2.2. */
export interface Identity {
  jobId: string
  userId: string
}

const identities = new WeakMap<object, Identity>()

/** Lets `signDelivery` give a sample its `Job-ID`: AML bodies do not name their job. */
export function rememberIdentity(payload: object, identity: Identity): void {
  identities.set(payload, identity)
}

export const identityOf = (payload: object): Identity | undefined => identities.get(payload)
