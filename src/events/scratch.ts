const kept = 65_536

/** Up to this many characters a loop is quicker than a call into Node. */
const shortText = 40

/** Bytes before a scalar's text: its type, and how many characters follow. */
const head = 5
const isWide = 0x80
const letterS = 0x73

/**
 * Bytes that one text after the other is written to, and that serve delivery after delivery: joined as strings, the
 * pieces of one body would leave more garbage than the rest of its delivery.
 */
export class Scratch {
  #bytes = Buffer.allocUnsafeSlow(kept)
  #length = 0

  /** Forgets what a digest has left that threw on its way. */
  begin(): void {
    this.#length = 0
  }

  /** One ASCII character. */
  writeMark(mark: string): void {
    this.#room(1)[this.#length] = mark.charCodeAt(0)
    this.#length += 1
  }

  /** With its type and its length before it, which keep neighbours apart. ASCII takes one byte per character. */
  writeScalar(value: unknown, text = String(value)): void {
    const { length } = text
    const bytes = this.#room(head + 2 * length)
    const start = this.#length
    const first = start + head
    const isAscii = length > shortText ? bytes.write(text, first, 'utf8') === length : writeShort(bytes, text, first)
    bytes[start] = (typeof value === 'string' ? letterS : (typeof value).charCodeAt(0)) | (isAscii ? 0 : isWide)
    // By hand: this is done for every key and value of a body.
    bytes[start + 1] = length
    bytes[start + 2] = length >> 8
    bytes[start + 3] = length >> 16
    bytes[start + 4] = length >> 24
    // Two bytes for each UTF-16 unit: nothing is lost, not even half a surrogate pair.
    if (!isAscii) bytes.write(text, first, 'utf16le')
    this.#length = first + (isAscii ? length : 2 * length)
  }

  /** What was written; it holds until the next text is. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    // One large body must not hold its memory for ever.
    if (this.#bytes.length > kept) this.#bytes = Buffer.allocUnsafeSlow(kept)
    return taken
  }

  #room(more: number): Buffer {
    const needed = this.#length + more
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    return this.#bytes
  }
}

/** Digests are made without a pause, so that one is enough for all. */
export const scratch = new Scratch()

/** Writes a byte for each character; false if one does not fit in seven bits. */
function writeShort(bytes: Uint8Array, text: string, first: number): boolean {
  let all = 0
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    bytes[first + i] = unit
    all |= unit
  }
  return all < 0x80
}
