import { expect, test } from 'vitest'
import { PermanentError } from '../../src/index.ts'
import { runHandlers } from '../../src/events/run-handlers.ts'

test('what a handler throws counts as failed, also if it cannot be looked at', async () => {
  const trap = () => {
    throw new Error('not to be looked at')
  }
  const odd: unknown = new Proxy({}, { get: trap, getPrototypeOf: trap })
  const thrown: unknown[] = []
  const throwing = (error: unknown) => () => {
    throw error
  }
  const later = async () => Promise.resolve().then(throwing(odd))
  const handlers = [throwing(odd), later, throwing(new PermanentError('never')), () => undefined]
  expect(await runHandlers('event', handlers, 1_000, (error) => thrown.push(error))).toEqual({
    matched: 4,
    failed: 2,
    rejected: 1,
    timedOut: 0,
  })
  expect(thrown).toHaveLength(3)
})
