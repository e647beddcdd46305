import { products, type Product } from '../../types/names.ts'
import type { FinalOutcome } from '../../events/wait-for-job.ts'
import type { Credential } from '../../options/types.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'
import type { JobStep } from '../../testing/job-story.ts'
import { storyOf } from '../send/plan.ts'
import { signedAnew } from '../send/from-captures.ts'
import { asDelivery, type Capture, type Sendable } from '../shared/body.ts'
import { UsageError } from '../shared/usage.ts'

/** A request of a button on the page. */
export interface Wish {
  what: string
  product?: string
  outcome?: string
}

const outcomes: readonly string[] = ['approved', 'rejected', 'attention', 'error'] satisfies FinalOutcome[]

/** Creates the deliveries that the buttons send. */
export class Player {
  readonly #credential: Credential
  #choice = ''
  #left: JobStep[] = []
  #last: Sendable | undefined

  constructor(credential: Credential) {
    this.#credential = credential
  }

  /** The deliveries to send, in order. @throws UsageError for an invalid request */
  play(wish: Wish): Sendable[] {
    switch (wish.what) {
      case 'next':
        return [this.#next(wish)]
      case 'duplicate':
        return [this.#last ?? this.#next(wish)]
      case 'forgery':
        return [this.#forgery(wish)]
      case 'out_of_order':
        return this.#reversed(wish)
      default:
        throw new UsageError('There is no such button.')
    }
  }

  /** The same callback, signed now; unchanged if it cannot be signed. */
  again(capture: Capture): Sendable {
    try {
      return signedAnew(capture, this.#credential, 'the delivery')
    } catch {
      return asDelivery(capture)
    }
  }

  #next(wish: Wish): Sendable {
    const choice = `${wish.product ?? ''} ${wish.outcome ?? ''}`
    if (this.#left.length === 0 || choice !== this.#choice) this.#left = steps(wish)
    this.#choice = choice
    const [step, ...left] = this.#left as [JobStep, ...JobStep[]]
    this.#left = left
    this.#last = signDelivery({ ...step, credential: this.#credential })
    return this.#last
  }

  #forgery(wish: Wish): Sendable {
    return signDelivery({
      ...(steps(wish).at(-1) as JobStep),
      credential: { ...this.#credential, apiKey: `${this.#credential.apiKey} forged` },
    })
  }

  /** Signed in the order in which Smile ID makes them, delivered in reverse. */
  #reversed(wish: Wish): Sendable[] {
    const story = steps(wish)
    const signed = story.map((step, index) =>
      signDelivery({
        ...step,
        credential: this.#credential,
        timestamp: new Date(Date.now() - (story.length - index) * 1_000).toISOString(),
      }),
    )
    this.#last = signed.at(-1)
    return signed.reverse()
  }
}

function steps({ product = '', outcome = '' }: Wish): JobStep[] {
  if (!products.includes(product as Product) || !outcomes.includes(outcome))
    throw new UsageError('There is no such product or outcome.')
  return storyOf(product as Product, outcome as FinalOutcome)
}
