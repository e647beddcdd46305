// npm run example <name>: runs examples/<name>/demo.js
import { existsSync, readdirSync } from 'node:fs'

const own = new URL('.', import.meta.url)
const name = process.argv[2]
const names = readdirSync(own).filter((one) => existsSync(new URL(`${one}/demo.js`, own)))

if (names.includes(name)) {
  await import(new URL(`${name}/demo.js`, own))
} else {
  console.error(`npm run example <name>, with one of: ${names.join(', ')}`)
  process.exitCode = 2
}
