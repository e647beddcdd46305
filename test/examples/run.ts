import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const own = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The built command line. */
export const cli = own('dist/cli/cli.cjs')

export const environment = {
  ...process.env,
  NO_COLOR: '1',
  SMILE_ID_PARTNER_ID: '085',
  SMILE_ID_API_KEY: 'example-key-not-a-secret',
}

/** Runs a script to its end; rejects if it fails. */
export async function runScript(
  path: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  return start([isAbsolute(path) ? path : own(path), ...args], { env: { ...environment, ...env } })
}

/** Runs an example as `npm run example` does, in one process instead of three. */
export const runDemo = (name: string, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  start(['--import', 'tsx', 'demo.js'], { cwd: own(`examples/${name}`), env: { ...environment, ...env } })

async function start(args: readonly string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): Promise<string> {
  if (!existsSync(own('dist/index.js'))) throw new Error('The examples use the package as built: npm run build')
  const { stdout } = await promisify(execFile)(process.execPath, args, { ...options, timeout: 60_000 })
  return stdout
}

/** Starts a server for the length of a test; `said` is what it printed so far, `end` sends a signal and waits. */
export function startScript(path: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', 'tsx', own(path)], {
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  onTestFinished(() => {
    child.kill()
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return once(child, 'exit')
  }
  return { said: () => said, end }
}
