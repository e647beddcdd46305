// The server on one core and the load generator on another, where there are two.
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const isPinned = availableParallelism() > 1 && hasTaskset()

/** Puts this process, all of its threads, on the second core. */
export function pinLoadGenerator() {
  if (isPinned) execFileSync('taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' })
}

/** Options for `fork` that put the child on the first core from its first thread on. */
export function onServerCore(execArgv = []) {
  return isPinned ? { execPath: 'taskset', execArgv: ['-c', '0', process.execPath, ...execArgv] } : { execArgv }
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
