import { signDelivery } from '../../src/testing/index.ts'
import { sign, signingKey } from '../../src/signature/sign.ts'
import { credential } from '../support/deliveries.ts'
import { remembered } from './virtual.ts'
import { type Process, newProcess, type Task, taskOf, type World } from './world.ts'

/** What Smile ID has to say of a job. */
export interface Told {
  readonly name: string
  readonly generation: 'v1' | 'v3'
  readonly payload: Record<string, unknown>
  readonly ids: { readonly jobId: string; readonly userId: string }
  /**
   * `forged`: under the key of somebody else. `other account`: genuine, with another account's verdict. `invented`:
   * under the right key, which was stolen; Smile ID never said it.
   */
  readonly kind: 'genuine' | 'other account' | 'forged' | 'invented'
}

/** One callback, and how its deliveries went. */
export interface Callback extends Told {
  /** Of the tries so far, from when to when; ms. */
  readonly tries: { readonly from: number; to: number }[]
  /** Whether a try was answered 200, as Smile ID heard. */
  taken: boolean
  /** All that reached a receiver, with what it answered, heard or not. */
  readonly deliveries: Delivered[]
  /** The event's id, once a receiver has told it. */
  id: string | undefined
}

/** A delivery that reached a receiver. Times are the world's steps. */
export interface Delivered {
  readonly task: Task
  readonly from: number
  to: number | undefined
  code: string | undefined
  status: number | undefined
}

/** Waits between Smile ID's tries, ms. Their spacing is not published: the second try comes within a claim's lease. */
const retryAfter = [15_000, 40_000, 10 * 60_000]
/** When it stops to wait for an answer, ms. */
const patienceMs = 35_000

/** Signing takes longer than all else; worlds sign the same callbacks at the same times. */
const signed = remembered(
  ({ name }: Told, at: number) => `${name} ${at}`,
  ({ kind, ids, payload, generation }, at) => {
    const { headers, body } = signDelivery({
      generation,
      credential: kind === 'forged' ? { ...credential, apiKey: 'a-key-of-somebody-else' } : credential,
      payload,
      timestamp: new Date(at).toISOString(),
      ...(generation === 'v3' && ids),
    })
    // As Node has them.
    return {
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      body,
    }
  },
)

const isSaid = ({ kind }: Told): boolean => kind === 'genuine' || kind === 'other account'
/** The look-up of an ID number is none. */
export const isVerdict = ({ payload }: Told): boolean => payload['ResultCode'] !== '1012'

export interface Delivery {
  method: string
  headers: Record<string, string>
  body: string
}

/** What a receiver says to a delivery. */
type Receive = (delivery: Delivery) => Promise<{ code: string; status: number; event?: { id: string } | undefined }>

export interface Receiver {
  readonly process: Process
  readonly receive: Receive
}

/** Sends each callback up to four times, signed anew, to whichever receiver the schedule picks. */
export class SmileId {
  readonly callbacks: readonly Callback[]
  readonly #world: World
  /** Never dies, and has no code of its own. */
  readonly #self: Task = taskOf(newProcess('Smile ID'))
  readonly #sharesMemory: boolean
  readonly #receivers: () => Receiver[]

  constructor(world: World, told: readonly Told[], sharesMemory: boolean, receivers: () => Receiver[]) {
    this.#world = world
    this.#sharesMemory = sharesMemory
    this.callbacks = told.map((one) => ({ ...one, tries: [], taken: false, deliveries: [], id: undefined }))
    this.#receivers = receivers
  }

  get state(): string {
    return this.callbacks.map(({ tries, taken, deliveries }) => `${tries.length}${taken}${deliveries.length}`).join()
  }

  /** Whether each callback was taken or given up. */
  get isDone(): boolean {
    return this.callbacks.every(({ tries, taken }) => taken || tries.length > retryAfter.length)
  }

  /** Whether Smile ID still says it when it is asked for the verdict of the job. */
  isCurrent({ kind, ids, payload }: Told): boolean {
    const verdicts = this.callbacks.filter((one) => isSaid(one) && one.ids.jobId === ids.jobId && isVerdict(one))
    return kind !== 'invented' && (verdicts.at(-1) ?? { payload }).payload['ResultCode'] === payload['ResultCode']
  }

  /** An answer to `job_status`: all that was called back, without `Actions` as Smile ID has it. contract/v1.md §2. */
  answerTo({ body }: RequestInit): { status: number; headers: Headers; body: Uint8Array[] } {
    const asked = JSON.parse(body as string) as { job_id: string }
    const told = this.callbacks.filter((one) => isSaid(one) && one.ids.jobId === asked.job_id)
    const withoutActions = ({ payload }: Told) => ({ ...payload, Actions: undefined })
    const history = told.map(withoutActions).reverse()
    const [result = history[0]] = told.filter(isVerdict).map(withoutActions).reverse()
    // Later than the question's, whose echo would be no answer.
    const timestamp = new Date(this.#world.now + 1).toISOString()
    const answer = {
      timestamp,
      signature: sign(timestamp, signingKey(credential.partnerId, credential.apiKey)),
      job_complete: true,
      job_success: true,
      code: '2302',
      result,
      history,
    }
    return { status: 200, headers: new Headers(), body: [Buffer.from(JSON.stringify(answer))] }
  }

  sendAll(): void {
    for (const callback of this.callbacks) this.#send(callback, retryAfter)
  }

  /** Of those that were asked nothing yet, and differ by their names alone, one stands for all. */
  #distinct(): Receiver[] {
    const asked = new Set(this.callbacks.flatMap(({ deliveries }) => deliveries.map(({ task }) => task.process)))
    const isNew = ({ process }: Receiver) => !asked.has(process) && process.tasks.size === 1 && process.skewMs === 0
    const all = this.#receivers()
    const first = all.find(isNew)
    return all.filter((one) => one === first || !isNew(one))
  }

  #send(callback: Callback, waits: readonly number[]): void {
    const sent = { from: this.#world.now, to: Infinity }
    const what = `deliver ${callback.name}, try ${retryAfter.length - waits.length + 1}`
    callback.tries.push(sent)
    const delivery = { method: 'POST', ...signed(callback, this.#world.now) }
    const end = (isTaken: boolean) => {
      if (sent.to < Infinity) return
      sent.to = this.#world.now
      stopWaiting()
      callback.taken ||= isTaken
      const [wait, ...rest] = waits
      if (!isTaken && wait !== undefined)
        this.#world.after(wait, `retry ${callback.name}`, () => this.#send(callback, rest))
    }
    const stopWaiting = this.#world.after(patienceMs, `patience ${callback.name}`, () => end(false))
    const arrived = this.#world.call(
      {
        to: 'a receiver',
        what,
        faults: ['fails before', 'reply lost', 'twice'],
        act: () => undefined,
        routes: () =>
          this.#distinct().map((receiver) => ({ to: receiver.process.name, deliver: () => deliver(receiver) })),
      },
      this.#self,
    )
    arrived.catch(() => end(false))
    const deliver = ({ process, receive }: Receiver) => {
      const task = taskOf(process, this.#sharesMemory ? '' : callback.ids.jobId)
      this.#world.reach(task, what, () => {
        const delivered: Delivered = { task, from: this.#world.step, to: undefined, code: undefined, status: undefined }
        callback.deliveries.push(delivered)
        const answer = receive(delivery)
        void answer.then(({ code, status, event }) => {
          Object.assign(delivered, { to: this.#world.step, code, status })
          callback.id ??= event?.id
          this.#world.tell(() => `${process.name} → Smile ID: ${status} ${code} for ${callback.name}`)
        })
        void Promise.all([answer, arrived]).then(
          ([{ status }]) => end(status === 200),
          () => undefined,
        )
      })
    }
  }
}
