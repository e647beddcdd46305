import type { Library } from './library.ts'
import { Receivers } from './receivers.ts'
import { type Plan, Scenario } from './scenario.ts'
import { mulberry32 } from '../../src/testing/random.ts'
import { takeOver } from './virtual.ts'
import { Broken } from './world.ts'

/** Which course each step takes, 0 where none is given. */
export type Schedule = readonly number[]

export interface Found {
  readonly schedules: number
  /** Runs given up because another had come to the same state. */
  readonly merged: number
  /** How many schedules there are, of which those stand for all; of an exhaustive search. */
  readonly all?: number
  readonly failure?: { readonly broken: Broken; readonly schedule: Schedule; readonly story: readonly string[] }
}

/** Thrown by a chooser: what comes from here on has been searched. */
const known = new Error('known')

/** Runs worlds one after the other, in time that is not real. */
export class Search {
  readonly #receivers: Receivers
  readonly #check: (scenario: Scenario) => void
  readonly #virtual = takeOver()

  constructor(library: Library, previous: Library, check: (scenario: Scenario) => void) {
    this.#receivers = new Receivers(library, previous)
    this.#check = check
  }

  end(): void {
    this.#virtual.undo()
  }

  /** Every schedule of a plan; of two that come to the same state one goes on. */
  async exhaustive(plan: Plan, most = Infinity): Promise<Found> {
    const states = new States()
    const open: { prefix: number[]; after: number }[] = [{ prefix: [], after: begin }]
    let schedules = 0
    let merged = 0
    for (let one = open.pop(); one && schedules < most; one = open.pop()) {
      const taken: number[] = []
      const { prefix } = one
      let last = one.after
      const choose = (courses: number, _calm: number, state: () => string) => {
        const at = taken.length
        const course = prefix[at] ?? 0
        if (at >= prefix.length) {
          const key = keyOf(state())
          const isNew = states.add(key, last)
          if (!isNew) throw known
          last = key
          for (let other = courses - 1; other > 0; other -= 1) open.push({ prefix: [...taken, other], after: key })
        }
        taken.push(course)
        return course
      }
      const end = await this.#run(plan, choose, { merges: true })
      if (end === known) merged += 1
      else {
        schedules += 1
        states.end(last)
      }
      if (end instanceof Broken) return { schedules, merged, failure: await this.#shrunk(plan, taken, end) }
    }
    return { schedules, merged, all: states.waysFrom(begin) }
  }

  /** Schedules of plans by seed. */
  async random(planOf: (next: () => number) => Plan, seed: number, most: number): Promise<Found> {
    for (let schedules = 1; schedules <= most; schedules += 1) {
      const next = chanceOf(seed, schedules)
      const plan = planOf(next)
      const taken: number[] = []
      // Some worlds are calm, some are not.
      const unrest = next() ** 3 / 2
      const end = await this.#run(plan, (courses, calm) => {
        const isFault = courses > calm && next() < unrest
        const course = isFault
          ? calm + Math.floor(next() * (courses - calm))
          : next() < 0.5
            ? 0
            : Math.floor(next() * calm)
        taken.push(course)
        return course
      })
      if (end instanceof Broken) return { schedules, merged: 0, failure: await this.#shrunk(plan, taken, end) }
    }
    return { schedules: most, merged: 0 }
  }

  /** What one schedule tells. */
  async story(plan: Plan, schedule: Schedule): Promise<{ end: unknown; story: readonly string[] }> {
    let at = 0
    const story: string[] = []
    const end = await this.#run(plan, (courses) => Math.min(schedule[at++] ?? 0, courses - 1), { story })
    return { end, story }
  }

  async #shrunk(plan: Plan, schedule: Schedule, broken: Broken): Promise<NonNullable<Found['failure']>> {
    let shortest = trimmed(schedule)
    const fails = async (tried: Schedule) => {
      const { end } = await this.story(plan, tried)
      return end instanceof Broken && end.promise === broken.promise
    }
    for (let isShorter = true; isShorter;) {
      isShorter = false
      for (let at = shortest.length - 1; at >= 0; at -= 1) {
        for (const course of [0, 1]) {
          if ((shortest[at] ?? 0) <= course) continue
          const tried = trimmed(shortest.map((one, i) => (i === at ? course : one)))
          if (!(await fails(tried))) continue
          shortest = tried
          isShorter = true
          break
        }
      }
    }
    const { end, story } = await this.story(plan, shortest)
    const last = end instanceof Broken ? end : broken
    return { broken: last, schedule: shortest, story: [...story, `✗ ${last.message}`] }
  }

  async #run(
    plan: Plan,
    choose: (courses: number, calm: number, state: () => string) => number,
    { merges = false, story }: { merges?: boolean; story?: string[] } = {},
  ): Promise<unknown> {
    const scenario: Scenario = new Scenario(this.#receivers, plan, {
      clock: this.#virtual.clock,
      choose: (courses, calm) => choose(courses, calm, () => scenario.state),
      merges,
      tells: story !== undefined,
    })
    this.#virtual.reset(scenario.world)
    let end: unknown
    try {
      await scenario.run()
      this.#check(scenario)
    } catch (error) {
      if (error !== known && !(error instanceof Broken)) throw error
      end = error
    }
    story?.push(...scenario.story)
    await scenario.end(end === undefined)
    return end
  }
}

/** Before the first course is chosen. */
const begin = -1

/** States that were come to, and those that their courses lead to. */
class States {
  readonly #next = new Map<number, number[]>()
  readonly #ends = new Map<number, number>()
  readonly #ways = new Map<number, number>()

  /** Whether the state is new; `after` is the one that led to it. */
  add(state: number, after: number): boolean {
    this.#next.set(after, [...(this.#next.get(after) ?? []), state])
    if (this.#next.has(state)) return false
    this.#next.set(state, [])
    return true
  }

  /** A course from that state went to the end. */
  end(state: number): void {
    this.#ends.set(state, (this.#ends.get(state) ?? 0) + 1)
  }

  /** How many schedules go on from there to an end. */
  waysFrom(state: number): number {
    const known = this.#ways.get(state)
    if (known !== undefined) return known
    const ways = (this.#next.get(state) ?? []).reduce(
      (sum, next) => sum + this.waysFrom(next),
      this.#ends.get(state) ?? 0,
    )
    this.#ways.set(state, ways)
    return ways
  }
}

/** Of two seeds no schedule is the same, however near they are: each adds numbers of its own. */
function chanceOf(seed: number, schedule: number): () => number {
  const [ofSeed, ofSchedule] = [mulberry32(seed), mulberry32(schedule)]
  return () => (ofSeed() + ofSchedule()) % 1
}

const trimmed = (schedule: Schedule): Schedule => schedule.slice(0, schedule.findLastIndex((course) => course > 0) + 1)

/** 53 bits, of two digests in one pass. */
function keyOf(state: string): number {
  let [one, other] = [0xdeadbeef, 0x41c6ce57]
  for (let i = 0; i < state.length; i += 1) {
    const code = state.charCodeAt(i)
    one = Math.imul(one ^ code, 0x9e3779b1)
    other = Math.imul(other ^ code, 0x5f356495)
  }
  one = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ (other >>> 13)
  return (one >>> 0) * 2 ** 21 + (other >>> 11)
}
