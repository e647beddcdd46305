import type { Attributes } from '@opentelemetry/api'
import type { DeliveryReport } from '../report/report.ts'
import type { DispatchFacts } from '../inbox/dispatch.ts'

/** Words of closed lists, and the environment as you named it: for figures. */
export function wordsOf({ code, generation, event, credential }: DeliveryReport): Attributes {
  return { 'smile_id.code': code, ...common(generation, event, credential?.environment) }
}

export function wordsOfDispatch({ generation, kind, product, outcome, credential }: DispatchFacts): Attributes {
  return common(generation, { kind, product, outcome }, credential?.environment)
}

/** The credential's label may be a tenant's, of which there may be many: for spans alone. */
export const labelOf = (label: string | undefined): Attributes => (label === undefined ? {} : { 'smile_id.credential': label })

function common(generation: string | undefined, event: { kind: string; product: string; outcome?: string | undefined } | undefined, environment: string | undefined): Attributes {
  return {
    ...(generation && { 'smile_id.generation': generation }),
    ...(event && { 'smile_id.kind': event.kind, 'smile_id.product': event.product }),
    ...(event?.outcome && { 'smile_id.outcome': event.outcome }),
    ...(environment && { 'smile_id.environment': environment }),
  }
}
