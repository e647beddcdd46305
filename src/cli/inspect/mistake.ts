/** What probably went wrong, for a person who sees a callback for the first time. */
export interface Mistake {
  /** To search README for. */
  name: string
  because: string
  fix: string
}

export const mistake = (name: string, because: string, fix: string): Mistake => ({ name, because, fix })
