import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../capture/folder.ts'
import { UsageError } from '../shared/usage.ts'
import type { Heard } from './server.ts'

/** Writes each delivery to a file of its own, for its owner alone: they hold identity data. */
export async function saver(folder: string): Promise<(heard: Heard) => Promise<string>> {
  try {
    await makeFolder(folder)
  } catch {
    throw new UsageError(`${folder} cannot be made.`)
  }
  let count = 0
  return async ({ capture, report }) => {
    count += 1
    const time = capture.receivedAt.replace(/[:.]/g, '-')
    const file = join(folder, `${time}-${String(count).padStart(4, '0')}-${report.code}.json`)
    await writeFile(file, `${JSON.stringify(capture, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return file
  }
}
