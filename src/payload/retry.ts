import type { ResultEvent } from '../types/event.ts'

type Retry = NonNullable<ResultEvent['retry']>

/** Advice on submitting again after an error, by v1 code and v3 reason. contract/v1.md §7.1. */
const retries: Readonly<Record<Retry, string>> = {
  same: '0908 1015 2201 2301 2401 service_unavailable internal_error',
  new_input:
    '0001 1014 2211 2213 2216 2413 content_policy_violated document_unclassifiable id_photo_unavailable '
    + 'image_unavailable_or_invalid invalid_id_number',
  // The job id of 2215 may have its result already: ask for that instead of paying for another.
  no: '1016 2203 2204 2205 2207 2208 2209 2210 2212 2215 2217 2220 2405',
}

const retryByWord: ReadonlyMap<string, Retry> = new Map(
  Object.entries(retries).flatMap(([retry, words]) => words.split(' ').map((word) => [word, retry as Retry] as const)),
)

export const retryOf = (word: string | undefined): Retry | undefined => retryByWord.get(word ?? '')
