const kept = 65_536

/**
 * Bytes that one text after the other is written to, and that serve delivery after delivery: joined as strings, the
 * pieces of one body would leave more garbage than the rest of its delivery.
 */
export class Scratch {
  #bytes = new Uint8Array(kept)
  #length = 0

  /** Two bytes for each UTF-16 unit, the lower first: nothing is lost, not even half a surrogate pair. */
  write(text: string): void {
    const bytes = this.#room(2 * text.length)
    let at = this.#length
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i)
      bytes[at] = unit & 0xff
      bytes[at + 1] = unit >> 8
      at += 2
    }
    this.#length = at
  }

  /** With its type and its length before it, which keep neighbours apart. */
  writeScalar(value: unknown, text = String(value)): void {
    this.write(typeof value)
    this.write(String(text.length))
    this.write(':')
    this.write(text)
  }

  /** What was written; it holds until the next text is. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    // One large body must not hold its memory for ever.
    if (this.#bytes.length > kept) this.#bytes = new Uint8Array(kept)
    return taken
  }

  #room(more: number): Uint8Array {
    const needed = this.#length + more
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    return this.#bytes
  }
}
