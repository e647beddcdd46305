#!/usr/bin/env node
import { main } from './main.ts'
import { processIo } from './shared/io.ts'

// As CommonJS, for a quicker start: without an await of its own.
void main(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code
})
