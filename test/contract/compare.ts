import * as z from 'zod'
import { codeTable, type CodeRow } from '../../src/index.ts'
import { reasons } from '../../src/payload/notes.ts'
import { outcomeByStatus } from '../../src/payload/v3/decode.ts'
import { productRows } from '../../src/types/products.ts'

// A list of what Smile ID sends, held against the tables that this library reads it by.

const words = z.record(z.string(), z.string())

/**
 * What `src/payload/contract/contract.json` has, or another list in its form. A part that is left out is not compared.
 */
const contract = z.strictObject({
  /** Products by v1 job type. */
  jobTypes: z.record(z.string(), z.array(z.string())).optional(),
  /** v1 codes; `meaning` as in the table of contract/v1.md §3.1. `grade` may be left out. */
  codes: z
    .array(
      z.strictObject({
        jobType: z.union([z.number(), z.string()]),
        code: z.string().regex(/^\d{4}$/),
        meaning: z.string(),
        grade: z.string().optional(),
      }),
    )
    .optional(),
  /** Outcomes by v3 `status`. */
  statuses: words.optional(),
  /** Products by what v3 calls them. */
  products: words.optional(),
  /** v3 reasons. */
  reasons: z.array(z.string()).optional(),
})

type Contract = z.infer<typeof contract>
type Codes = NonNullable<Contract['codes']>

/**
 * Where an export differs from the tables, a line each: what is new in it, gone from it, or means something else.
 * @throws Error for what is no export
 */
export function driftOf(text: string): string[] {
  const { jobTypes, codes, statuses, products, reasons: told } = read(text)
  return [
    ...between('job type', jobTypes && joined(jobTypes), tables.jobTypes),
    ...between('code', codes && meanings(codes), tables.codes),
    // A list need not say how sure it is.
    ...between('grade of code', codes && grades(codes), codes && known(tables.grades, grades(codes))),
    ...between('status', statuses && new Map(Object.entries(statuses)), tables.statuses),
    ...between('product', products && new Map(Object.entries(products)), products && named(tables.products, products)),
    ...between('reason', told && itself(told), tables.reasons),
  ]
}

function read(text: string): Contract {
  const { data, error } = contract.safeParse(JSON.parse(text))
  if (!data) throw new Error(z.prettifyError(error))
  const twice = duplicates((data.codes ?? []).map(keyOf))
  if (twice.length > 0) throw new Error(`codes that stand there twice: ${twice.join(', ')}`)
  return data
}

type Words = ReadonlyMap<string, string>

function between(what: string, theirs: Words | undefined, ours: Words | undefined): string[] {
  if (!theirs || !ours) return []
  return [...new Set([...theirs.keys(), ...ours.keys()])].sort().flatMap((key) => {
    const [their, our] = [theirs.get(key), ours.get(key)]
    if (their === our) return []
    const at = `${what} ${key}`
    if (our === undefined) return [`new: ${at}${their === key ? '' : `, ${their!}`}`]
    return [
      their === undefined
        ? `gone: ${at}${our === key ? '' : `, ${our}`}`
        : `changed: ${at} is ${our} in the table, ${their} in the export`,
    ]
  })
}

const keyOf = ({ jobType, code }: { jobType: number | string; code: string }): string => `${jobType}:${code}`
const meanings = (codes: Codes): Words => new Map(codes.map((row) => [keyOf(row), row.meaning]))
const grades = (codes: Codes): Words =>
  new Map(codes.flatMap((row) => (row.grade === undefined ? [] : [[keyOf(row), row.grade] as const])))
const known = (ours: Words, theirs: Words): Words => new Map([...ours].filter(([key]) => theirs.has(key)))
const joined = (lists: Record<string, string[]>): Words =>
  new Map(Object.entries(lists).map(([key, list]) => [key, [...list].sort().join(' or ')]))
const itself = (list: Iterable<string>): Words => new Map([...list].map((one) => [one, one]))
const duplicates = (keys: string[]): string[] => [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))]

/** Our own name of a product is read as itself, whether or not Smile ID was seen to send it. */
const named = (ours: Words, theirs: Record<string, string>): Words =>
  new Map([...ours].filter(([key, name]) => key !== name || Object.hasOwn(theirs, key)))

const meaningOf = ({ meaning }: CodeRow): string =>
  meaning.kind === 'result' ? meaning.outcome : meaning.kind === 'id_info' ? `id_info ${meaning.idStep}` : meaning.kind
const typesOf = [...new Set(productRows.flatMap(({ jobTypes }) => jobTypes as readonly number[]))]

const tables = {
  jobTypes: joined(
    Object.fromEntries(
      typesOf.map((type) => [
        type,
        productRows.filter(({ jobTypes }) => (jobTypes as readonly number[]).includes(type)).map(({ name }) => name),
      ]),
    ),
  ),
  codes: new Map(codeTable.map((row) => [keyOf(row), meaningOf(row)])),
  grades: new Map(codeTable.map((row) => [keyOf(row), row.grade])),
  statuses: new Map([...outcomeByStatus].map(([status, outcome]) => [String(status), outcome])),
  products: new Map(
    productRows.flatMap(({ name, v3Names }) => v3Names.map((sent) => [sent as string, name as string] as const)),
  ),
  reasons: itself(reasons),
}
