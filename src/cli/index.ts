#!/usr/bin/env node
import { main } from './main.ts'
import { processIo } from './shared/io.ts'

const io = processIo()
process.exitCode = await main(process.argv.slice(2), io)
