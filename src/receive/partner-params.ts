import type { StandardSchema } from '../options/standard-schema.ts'
import type { PartnerParams } from '../events/types.ts'
import { isScalar } from '../events/subscriptions.ts'
import type { Json } from '../payload/scalars.ts'

/** Where partner params break the schema: paths, never values. */
export interface ParamIssue {
  path: string
}

/** A hostile body could break a schema once per key. */
const mostIssues = 100

/** The partner params as handlers get them: the schema's output, or texts without one. Contract v1 section 5. */
export async function readPartnerParams(
  sent: Json,
  schema: StandardSchema | undefined,
): Promise<{ value: unknown } | { issues: ParamIssue[] }> {
  if (!schema) return { value: asTexts(sent) }
  const result = await schema['~standard'].validate(sent)
  if (!result.issues) return { value: result.value }
  return { issues: result.issues.slice(0, mostIssues).map(({ path = [] }) => ({ path: path.map(keyOf).join('.').slice(0, 256) })) }
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof segment === 'object' ? segment.key : segment)

/** Nested values and nulls are left to `payload`. */
function asTexts(sent: Json): PartnerParams {
  const texts: [string, string][] = []
  for (const [key, value] of Object.entries(sent)) if (isScalar(value)) texts.push([key, String(value)])
  return Object.fromEntries(texts)
}
