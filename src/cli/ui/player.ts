import type { FinalOutcome } from '../../events/wait-for-job.ts'
import type { Credential } from '../../options/types.ts'
import type { JobStep } from '../../testing/job-story.ts'
import { signDelivery } from '../../testing/sign-delivery.ts'
import { finalOutcomes, products, type Product } from '../../types/names.ts'
import { signedAnew, storyOf } from '../send/plan.ts'
import { asDelivery, type Capture, type Sendable } from '../shared/body.ts'
import { UsageError } from '../shared/usage.ts'

/** Creates the deliveries that the buttons of the page send. */
export class Player {
  readonly #credential: Credential
  readonly #partnerParams: Readonly<Record<string, string>>
  #choice = ''
  #left: JobStep[] = []
  #last: Sendable | undefined

  constructor(credential: Credential, partnerParams: Readonly<Record<string, string>>) {
    this.#credential = credential
    this.#partnerParams = partnerParams
  }

  /** The deliveries to send, in order. @throws UsageError for an invalid request */
  play(what: string, product: string, outcome: string): Sendable[] {
    if (!products.includes(product as Product) || !finalOutcomes.some((one) => one === outcome))
      throw new UsageError('There is no such product or outcome.')
    const story = storyOf(product as Product, outcome as FinalOutcome, { partnerParams: this.#partnerParams })
    const sign = (step: JobStep, timestamp?: string, credential = this.#credential): Sendable =>
      signDelivery({ ...step, timestamp, credential })
    switch (what) {
      case 'duplicate':
        return this.#last ? [this.#last] : this.play('next', product, outcome)
      case 'next': {
        const choice = `${product} ${outcome}`
        if (this.#left.length === 0 || choice !== this.#choice) this.#left = story
        this.#choice = choice
        const sent = this.#left.splice(0, 1).map((step) => sign(step))
        this.#last = sent[0]
        return sent
      }
      case 'forgery': {
        const forger = { ...this.#credential, apiKey: `${this.#credential.apiKey} forged` }
        return story.slice(-1).map((step) => sign(step, undefined, forger))
      }
      case 'out_of_order': {
        // Signed in the order in which Smile ID makes them, delivered in reverse.
        const timeOf = (index: number) => new Date(Date.now() - (story.length - index) * 1_000).toISOString()
        const signed = story.map((step, index) => sign(step, timeOf(index)))
        this.#last = signed.at(-1)
        return signed.reverse()
      }
      default:
        throw new UsageError('There is no such button.')
    }
  }

  /** The same callback, signed now; unchanged if it cannot be signed. */
  again(capture: Capture): Sendable {
    try {
      return signedAnew(capture, this.#credential, 'the delivery')
    } catch {
      // Without a payload that can be signed, the bytes that came are all there is.
      return asDelivery(capture)
    }
  }
}
