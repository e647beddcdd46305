import { SmileIdError } from '../errors.ts'
import { isScalar, type Json } from '../lib/json.ts'
import { type Failed, withTimeout } from '../lib/promises.ts'
import type { PartnerParams } from '../types/event.ts'

/**
 * The part of the Standard Schema specification, version 1, that is used here. zod, Valibot and ArkType implement it.
 */
export interface StandardSchema<Output = unknown> {
  /** The specification's own key; a schema library fills it. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Place where partner params break the schema: a path, never a value. */
export interface ParamIssue {
  path: string
}

type ReadParams = { value: unknown } | { issues: ParamIssue[] } | Failed

const always = ['link_id', 'libraryVersion', 'user_created_at', 'ExpirationDate']

/**
 * Keys that Smile ID adds to one echo of the partner params and not to another. contract/v1.md §5.
 * Names only where test data is made: in production they would be a person's.
 */
export const echoParams = { production: always, sandbox: [...always, 'FirstName', 'MiddleName', 'LastName'] }

/** A hostile body could break a schema once per key. */
const mostIssues = 100

/** Time limit of an asynchronous schema, ms. */
const schemaMs = 5_000

/**
 * Partner params as handlers get them: the schema's output, or strings if there is no schema. contract/v1.md §5.
 * `failed`: the schema threw or took too long.
 */
export function readPartnerParams(sent: Json, schema: StandardSchema | undefined): ReadParams | Promise<ReadParams> {
  return schema ? readBySchema(sent, schema) : { value: asStrings(sent) }
}

async function readBySchema(sent: Json, schema: StandardSchema): Promise<ReadParams> {
  const boxed = await withTimeout(() => schema['~standard'].validate(sent), schemaMs)
  return 'failed' in boxed ? boxed : read(boxed.value)
}

function read(result: StandardResult<unknown>): ReadParams {
  try {
    // An array where it is ArkType's.
    if (Array.isArray(result.issues))
      return {
        issues: (result.issues as readonly StandardIssue[])
          .slice(0, mostIssues)
          .map(({ path = [] }) => ({ path: path.map(keyOf).join('.').slice(0, 256) })),
      }
    if ('value' in result) return { value: result.value }
  } catch {
    // As for a result of neither form: a hand-written schema gave something that is no result.
  }
  return { failed: 'error', error: new SmileIdError('the schema gave neither a value nor issues') }
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof segment === 'object' ? segment.key : segment)

/**
 * Nested values and nulls stay in `payload`, and so do numbers that an earlier parser has rounded: the rounded number
 * may be another account's.
 */
function asStrings(sent: Json): PartnerParams {
  const texts: Record<string, unknown> = { ...sent }
  for (const key of Object.keys(texts)) {
    const value = texts[key]
    if (typeof value === 'string') continue
    if (isScalar(value) && !isRounded(value)) texts[key] = String(value)
    else Reflect.deleteProperty(texts, key)
  }
  return texts as PartnerParams
}

const isRounded = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
