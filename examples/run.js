// npm run example <name>: runs examples/<name>/demo.js, where it stands, by tsx, since early versions of Node read no TypeScript
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'

const own = new URL('.', import.meta.url)
const name = process.argv[2]
const names = readdirSync(own).filter((one) => existsSync(new URL(`${one}/demo.js`, own)))

if (names.includes(name)) {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli')
  const { status } = spawnSync(process.execPath, [tsx, 'demo.js'], { cwd: new URL(`${name}/`, own), stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  console.error(`npm run example <name>, with one of: ${names.join(', ')}`)
  process.exitCode = 2
}
