import type { Io } from '../shared/io.ts'

/** A bar on the terminal's error stream; nothing elsewhere. */
export function progressBar(io: Io, total: number): { step(): void; end(): void } {
  if (!io.errIsTerminal) return { step: () => undefined, end: () => undefined }
  const width = 30
  let done = 0
  let drawn = -1
  return {
    step() {
      done += 1
      const filled = Math.floor((done / total) * width)
      const percent = Math.floor((done / total) * 100)
      if (percent === drawn) return
      drawn = percent
      io.err(`\r[${'#'.repeat(filled)}${' '.repeat(width - filled)}] ${percent} %  ${done}/${total}`)
    },
    end: () => io.err(`\r${' '.repeat(width + 30)}\r`),
  }
}
