import type { Patch } from './library.ts'

/** A mistake that somebody could make, and the promise that it breaks. */
export interface Mutant extends Patch {
  readonly name: string
  readonly breaks: string
}

type Row = readonly [name: string, file: string, from: string | RegExp, to: string]

const byPromise: Readonly<Record<string, readonly Row[]>> = {
  'what is answered 200 is handled': [
    [
      'the recipient of a verdict is not looked at',
      'engines/postgres/effect.ts',
      'if (known.recipient === null || recipientId === undefined || known.recipient === recipientId) return',
      'if (known.recipient !== undefined) return',
    ],
    [
      'done is noted before the work',
      'once/claim.ts',
      'ended = await task.work()',
      'await end(true, task); ended = await task.work()',
    ],
    [
      'a claim of another process counts as done',
      'once/claim.ts',
      /if \(reservation === 'done' \|\| reservation === 'in_progress'\) return \{ claim: \{ reservation \} \}/,
      "if (reservation === 'done' || reservation === 'in_progress') return { claim: { reservation: 'done' } }",
    ],
    [
      'a failed handler finishes the event',
      'receive/handle.ts',
      "end === 'accepted' || end === 'handler_rejected'",
      'end !== undefined',
    ],
    [
      'a handler is not waited for',
      'events/run-handlers.ts',
      'Promise.resolve(handler(event, context)).then(done, ',
      'done(); Promise.resolve(handler(event, context)).then(undefined, ',
    ],
    ['a handler out of time has succeeded', 'events/run-handlers.ts', 'summary.timedOut = Math.max(1, running)', ''],
    [
      '200 comes before the inbox has the event',
      'inbox/enqueue.ts',
      'answer = { value: await inbox.add(',
      'answer = { value: void inbox.add(',
    ],
    [
      'a refusal of the inbox counts as stored',
      'inbox/enqueue.ts',
      '  giveUp.abort()\n  return boxed\n}',
      "  return { value: 'stored' }\n}",
    ],
    [
      'a worker passes over handlers that failed',
      'inbox/dispatch.ts',
      "code === 'handler_failed' || code === 'handler_timeout'",
      "code === 'handler_timeout'",
    ],
    [
      'a job of pg-boss is done before it has run',
      'engines/pg-boss/worker.ts',
      'await settle(job, await handle(job, limitMs), untilMs)',
      'void handle(job, limitMs); await settle(job, { done: true, output: {} }, untilMs)',
    ],
    [
      'a job of pg-boss that failed is done',
      'engines/pg-boss/settle.ts',
      "boss[done ? 'complete' : 'fail'](queue, ids, output)",
      'boss.complete(queue, ids, output)',
    ],
  ],
  'an event is handled once': [
    ['all claims have one owner', 'once/claim.ts', 'const owner = randomUUID()', "const owner = 'this service'"],
    [
      'a store that fails is passed over',
      'once/claim.ts',
      "if (task.config.onStoreError === 'refuse')",
      "if (task.config.onStoreError !== 'refuse')",
    ],
    [
      'a done event is kept for the lease alone',
      'once/claim.ts',
      'store.complete(id, { owner, ttlMs })',
      'store.complete(id, { owner, ttlMs: 45_000 })',
    ],
    [
      'a claim of another process is taken over',
      'engines/redis/store.ts',
      "if held and held ~= 'claim:' .. ARGV[1] then return 'in_progress' end",
      '',
    ],
    [
      'a receiver that closes does not wait',
      'receive/memory.ts',
      'if (this.count === 0) return 0',
      'if (this.count >= 0) return 0',
    ],
    [
      'the memory store claims what is claimed',
      'once/memory.ts',
      "entry.owner === undefined ? 'done' : 'in_progress'",
      "entry.owner === undefined ? 'done' : 'reserved'",
    ],
  ],
  'a claim is given back': [
    ['the end of a claim is told once', 'once/claim.ts', ', pending: endAfterwards(isDone, holding)', ''],
    ['a claim whose reply was lost is not given back', 'once/claim.ts', ', pending: giveBack(boxed, task)', ''],
    ['a failed event keeps its claim', 'once/claim.ts', ': store.release(id, { owner })', ': true'],
  ],
  'what comes again is handled': [
    [
      'the key of an effect is not looked for',
      'engines/postgres/effect.ts',
      'if (known.id !== null && !isAgain) {',
      'if (known.id === undefined) {',
    ],
    [
      'a commit is waited for beyond the time of the handlers',
      'engines/postgres/client.ts',
      "await unlessAborted(signal, () => client.query('COMMIT'))",
      "await client.query('COMMIT')",
    ],
    ['no clock may be behind', 'receive/guards/signature.ts', 'if (signedAt - now > maxSkew)', 'if (signedAt > now)'],
  ],
  'one effect per verdict': [
    [
      'an effect is keyed by its event',
      'engines/postgres/effects.ts',
      "per === 'event' ? event.id : event.verdictId",
      'event.id',
    ],
  ],
  'a client goes back clean': [
    [
      'a commit is not waited for',
      'engines/postgres/client.ts',
      "await unlessAborted(signal, () => client.query('COMMIT'))",
      "void client.query('COMMIT').catch(() => undefined)",
    ],
    [
      'a client goes back whatever became of its transaction',
      'engines/postgres/client.ts',
      /let isBroken = true\n {2}try \{\n {4}const value/,
      'let isBroken = false\n  try {\n    const value',
    ],
  ],
  'what was handled is known': [
    [
      'postgresStore does not say that an event is done',
      'engines/postgres/store.ts',
      "? 'done' : 'in_progress'",
      "? 'in_progress' : 'in_progress'",
    ],
    [
      'a verdict is not noted',
      'receive/handle.ts',
      "claimed.claim.end === 'completed' && isNoted(event)",
      "claimed.claim.end === 'lost' && isNoted(event)",
    ],
    [
      'reconcile passes over what is known',
      'reconcile/settle.ts',
      "if (done.value) return (await receiver.isDead(eventIds)) ? 'dead' : 'known'",
      'if (done.value) return hand(news)',
    ],
  ],
  'a refused delivery changes nothing': [
    [
      'any signature does',
      'receive/guards/signature.ts',
      'const proof = matchCredential(claim, candidates)',
      'const proof = matchCredential(claim, candidates) ?? { ...claim, ...candidates[0]!, timestamp: claim.possibleSignedStrings[0]!, key: candidates[0]! }',
    ],
  ],
  'a store keeps events and verdicts': [
    [
      'a new version keeps its claims under other keys',
      'engines/redis/store.ts',
      "nonEmptyString('smile-id:', 'store_invalid')",
      "nonEmptyString('smile-ids:', 'store_invalid')",
    ],
  ],
  'what is not confirmed is not handled': [
    [
      'what is not confirmed is passed on',
      'receive/pipeline.ts',
      'facts.confirmation = word',
      "facts.confirmation = word; if (word !== 'confirmed') return undefined",
    ],
  ],
  'handlers of one job run one after the other': [
    ['handlers do not take turns', 'lib/limits.ts', 'line.running < this.#atOnce', 'line.running > 0'],
  ],
  'a handler is told what was said before': [
    [
      'earlier is empty',
      'engines/postgres/effect.ts',
      'await act(inner.client, earlierOf(words, word, event.id))',
      'await act(inner.client, earlierOf([], word, event.id))',
    ],
  ],
}

export const mutants: readonly Mutant[] = Object.entries(byPromise).flatMap(([breaks, rows]) =>
  rows.map(([name, file, from, to]) => ({ name, file, from, to, breaks })),
)
