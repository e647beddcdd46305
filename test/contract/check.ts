// `npm run contract [-- file.json]`: holds the tables of codes, statuses, products and reasons against a JSON export of
// the contract. Exits with 1 if they differ.
import { main } from './command.ts'

process.exitCode = main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
