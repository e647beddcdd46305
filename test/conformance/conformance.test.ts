import { AssertionError } from 'node:assert'
import { describe, expect, test } from 'vitest'
import { careful, flawed, receiverOf } from './flawed.ts'
import { ours } from './ours.ts'
import { running, type Receiver } from './receiver.ts'
import { scenarios, type Scenario } from './scenarios.ts'

/**
 * What a scenario holds against a receiver; undefined if nothing. Anything but a failed assertion is a fault of the
 * test.
 */
async function complaint(receiver: Receiver, { run }: Scenario): Promise<string | undefined> {
  try {
    await running(receiver, run)
    return undefined
  } catch (error) {
    if (error instanceof AssertionError) return error.message
    throw error
  }
}

describe('this library', () => {
  test.each(scenarios)('$name', ({ run }) => running(ours, run))

  test('there are 16 scenarios or more, each by another name', () =>
    expect(new Set(scenarios.map(({ name }) => name)).size).toBeGreaterThanOrEqual(16))
})

describe('flawed receivers are caught', () => {
  // What the careful one by hand passes, a flawed one fails for its flaw alone.
  test.each(scenarios)('by none of these is the careful one: $name', ({ run }) => running(receiverOf(careful), run))

  test.each(flawed)('$name', { timeout: 60_000 }, async ({ parts, caughtBy }) => {
    const receiver = receiverOf({ ...careful, ...parts })
    const complaints: Record<string, string> = {}
    for (const scenario of scenarios) {
      const said = await complaint(receiver, scenario)
      if (said !== undefined) complaints[scenario.name] = said
    }
    const reasons = Object.entries(caughtBy).map(([name, reason]) => [name, expect.stringContaining(reason) as string])
    expect(complaints).toMatchObject(Object.fromEntries(reasons) as object)
    // One flaw fails the scenarios it is about, and not all of them.
    expect(Object.keys(complaints).length).toBeLessThan(scenarios.length)
  })
})
