/** Up to this many, shifting them about takes less than the general sort and leaves no garbage. */
const few = 32

/** Sorts in place, by UTF-16 units. */
export function sortTexts(texts: string[]): string[] {
  return texts.length <= few ? insertionSort(texts) : texts.sort()
}

function insertionSort(texts: string[]): string[] {
  for (let from = 1; from < texts.length; from += 1) {
    const text = texts[from] ?? ''
    let to = from
    for (let before = texts[to - 1]; before !== undefined && before > text; before = texts[to - 1]) {
      texts[to] = before
      to -= 1
    }
    texts[to] = text
  }
  return texts
}
