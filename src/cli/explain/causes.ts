import type { ReceiverCause } from '../../report/causes.ts'
import type { Explanation } from './explanation.ts'
import { deliveryTexts } from './texts/delivery.ts'
import { setupTexts } from './texts/setup.ts'
import { signatureTexts } from './texts/signature.ts'

/** Everything that `inspect`, `doctor` and the log can name as a likely cause. */
export const causeTexts = { ...signatureTexts, ...deliveryTexts, ...setupTexts } satisfies Readonly<Record<string, Explanation>> & Readonly<Record<ReceiverCause, Explanation>>

export type Cause = keyof typeof causeTexts

export const isCause = (name: string): name is Cause => Object.hasOwn(causeTexts, name)
