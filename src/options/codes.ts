import * as z from 'zod'
import { SmileIdConfigError } from '../errors.ts'
import { outcomes } from '../types/names.ts'
import { codeTable, type CodeRow } from '../payload/v1/code-table.ts'
import { indexCodes, type CodeIndex } from '../payload/v1/code-index.ts'

/** The code table with a partner's own rows above it. */
export function codeIndex(own: readonly CodeRow[] | undefined): CodeIndex {
  if (own === undefined) return indexCodes(codeTable)
  if (!z.array(codeRow()).safeParse(own).success) {
    throw new SmileIdConfigError('options_invalid', "codes must be a list of rows such as { jobType: 6, code: '0817', meaning: { kind: 'result', outcome: 'provisional' }, grade: 'documented' }; only job type 1 has id_info.")
  }
  return indexCodes([...codeTable, ...own])
}

// Only biometric jobs (1) have an ID look-up step: contract/v1.md §4.
const codeRow = () =>
  z
    .object({
      jobType: z.union([z.int().positive(), z.literal('any'), z.literal('phone_number_verification')]),
      code: z.string().regex(/^\d{4}$/),
      meaning: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('result'), outcome: z.enum(outcomes) }),
        z.object({ kind: z.literal('id_info'), idStep: z.enum(['passed', 'failed', 'error']) }),
        z.object({ kind: z.literal('smile_secure') }),
      ]),
    })
    .refine(({ jobType, meaning }) => meaning.kind !== 'id_info' || jobType === 1)
