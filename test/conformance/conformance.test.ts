import { describe, expect, test } from 'vitest'
import { careful, flawed, receiverOf } from './flawed.ts'
import { ours } from './ours.ts'
import { running, type Receiver } from './receiver.ts'
import { scenarios, type Scenario } from './scenarios.ts'

const fails = async (receiver: Receiver, { run }: Scenario): Promise<boolean> => {
  try {
    await running(receiver, run)
    return false
  } catch {
    return true
  }
}

describe('this library', () => {
  test.each(scenarios)('$name', ({ run }) => running(ours, run))

  test('there are 16 scenarios or more', () => expect(scenarios.length).toBeGreaterThanOrEqual(16))
})

describe('flawed receivers are caught', () => {
  // What the careful one by hand passes, a flawed one fails for its flaw alone.
  test.each(scenarios)('by none of these is the careful one: $name', ({ run }) => running(receiverOf(careful), run))

  test.each(flawed)('$name', { timeout: 60_000 }, async ({ parts, caughtBy }) => {
    const receiver = receiverOf({ ...careful, ...parts })
    const failed: string[] = []
    for (const scenario of scenarios) if (await fails(receiver, scenario)) failed.push(scenario.name)
    expect(failed).toEqual(expect.arrayContaining([...caughtBy]))
    // One flaw fails the scenarios it is about, and not all of them.
    expect(failed.length).toBeLessThan(scenarios.length)
  })
})
