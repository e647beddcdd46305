/** What `explain` says of one word, for a person who sees it for the first time. */
export interface Explanation {
  /** What happened. */
  what: string
  /** Why it happens. */
  why: string
  /** What to do about it. */
  fix: string
}

export const explained = (what: string, why: string, fix: string): Explanation => ({ what, why, fix })
