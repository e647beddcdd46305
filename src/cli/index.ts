import { main } from './main.ts'
import { processIo } from './shared/io.ts'

// Built as CommonJS for a quicker start, so without a top-level await.
void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code
})
