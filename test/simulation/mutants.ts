import type { Patch } from './library.ts'

/** A mistake that somebody could make, and the promise that it breaks. */
export interface Mutant extends Patch {
  readonly name: string
  readonly breaks: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'done is noted before the work',
    file: 'once/claim.ts',
    from: 'ended = await work()',
    to: 'await end(true, holding, config); ended = await work()',
    breaks: 'what is answered 200 is handled',
  },
  {
    name: 'a claim of another process counts as done',
    file: 'once/claim.ts',
    from: /if \(reservation === 'done' \|\| reservation === 'in_progress'\) return \{ claim: \{ reservation \} \}/,
    to: "if (reservation === 'done' || reservation === 'in_progress') return { claim: { reservation: 'done' } }",
    breaks: 'what is answered 200 is handled',
  },
  {
    name: 'all claims have one owner',
    file: 'once/claim.ts',
    from: 'const owner = randomUUID()',
    to: "const owner = 'this service'",
    breaks: 'an event is handled once',
  },
  {
    name: 'a store that fails is passed over',
    file: 'once/claim.ts',
    from: "if (config.onStoreError === 'refuse')",
    to: "if (config.onStoreError !== 'refuse')",
    breaks: 'an event is handled once',
  },
  {
    name: 'a claim whose reply was lost is not given back',
    file: 'once/claim.ts',
    from: 'return { claim, trouble: why, pending: giveBack(boxed, holding, config) }',
    to: 'return { claim, trouble: why }',
    breaks: 'a claim is given back',
  },
  {
    name: 'the end of a claim is told once',
    file: 'once/claim.ts',
    from: '...(isDone && { trouble }), pending: endAfterwards(isDone, holding, config)',
    to: '...(isDone && { trouble })',
    breaks: 'a claim is given back',
  },
  {
    name: 'a failed event keeps its claim',
    file: 'once/claim.ts',
    from: 'store.release(id, { owner }))',
    to: 'true)',
    breaks: 'a claim is given back',
  },
  {
    name: 'a done event is kept for the lease alone',
    file: 'once/claim.ts',
    from: 'store.complete(id, { owner, ttlMs })',
    to: 'store.complete(id, { owner, ttlMs: 45_000 })',
    breaks: 'an event is handled once',
  },
  {
    name: 'a failed handler finishes the event',
    file: 'receive/handle.ts',
    from: "end === 'accepted' || end === 'handler_rejected'",
    to: 'end !== undefined',
    breaks: 'what is answered 200 is handled',
  },
  {
    name: 'a handler is not waited for',
    file: 'events/run-handlers.ts',
    from: 'Promise.resolve(handler(event, context)).then(done, fail)',
    to: 'Promise.resolve(handler(event, context)).then(undefined, fail); done()',
    breaks: 'what is answered 200 is handled',
  },
  {
    name: 'a handler out of time has succeeded',
    file: 'events/run-handlers.ts',
    from: 'summary.timedOut = running\n',
    to: '',
    breaks: 'what is answered 200 is handled',
  },
]
