// The path of the Node of a version, which is installed for it: node test/support/node-binary.mjs 22
// Not npx: with scripts off, as .npmrc has them, it quietly runs the Node that is there already.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `version` is a whole one, or begins one. @throws Error where another Node than that would run */
export function nodeBinary(version) {
  const folder = join(tmpdir(), `express-smile-id-node-${version}`)
  const binary = join(folder, 'node_modules/node/bin/node')
  const found = () => (existsSync(binary) ? execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim() : 'none')
  const isIt = () => `${found()}.`.startsWith(`v${version}.`)
  if (isIt()) return binary
  mkdirSync(folder, { recursive: true })
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  execFileSync(npm, ['install', '--silent', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts=false', `node@${version}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
  if (!isIt()) throw new Error(`Node ${version} was asked for, and ${found()} runs`)
  return binary
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(nodeBinary(process.argv[2]))
