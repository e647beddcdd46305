/** The identity headers that belong to a v3 payload but are no part of it. contract/v3.md §2.2. */
export interface Identity {
  jobId: string
  userId: string
}

const identities = new WeakMap<object, Identity>()

/** So that `signDelivery` gives a sample the `Job-ID` it is about: AML bodies do not name their job. */
export function rememberIdentity(payload: object, identity: Identity): void {
  identities.set(payload, identity)
}

export const identityOf = (payload: object): Identity | undefined => identities.get(payload)
