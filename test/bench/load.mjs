// Starts a contestant in its own process, on its own core where there are two, and loads it over HTTP.
import { execFileSync, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import autocannon from 'autocannon'
import { contestants } from './contestants.mjs'

const pinned = availableParallelism() > 1 && hasTaskset()
if (pinned) execFileSync('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' })

/** Requests per second of one contestant with one business text, for `seconds`. */
export async function measure({ name, form = 'app', text, generation, seconds, expect = 200, change = (delivery) => delivery }) {
  const child = fork(new URL('server.mjs', import.meta.url), [name, form], { execArgv: [] })
  const { port } = await new Promise((resolve) => child.once('message', resolve))
  if (pinned) execFileSync('taskset', ['-cp', '0', String(child.pid)], { stdio: 'ignore' })
  try {
    const { headers, body } = change(await contestants[name].sign(text, generation))
    // One buffer for the large part: only the job id differs from delivery to delivery.
    const [head, tail] = splitAtJob(body)
    let job = 0
    const setupRequest = (request) => {
      job += 1
      const id = `job-${String(job).padStart(12, '0')}`
      request.body = tail === undefined ? head : Buffer.concat([head, Buffer.from(id), tail])
      if (generation === 'v3') request.headers = { ...request.headers, 'Job-ID': id }
      return request
    }
    const unique = contestants[name].sign.name === 'smileId'
    const run = (duration) =>
      autocannon({ url: `http://127.0.0.1:${port}/hook`, method: 'POST', connections: 8, duration, headers, ...(unique ? { requests: [{ setupRequest }] } : { body }) })
    await run(1)
    const before = await cpuOf(child)
    const result = await run(seconds)
    const cpuUs = ((await cpuOf(child)) - before) / result.requests.total
    const statuses = Object.keys(result.statusCodeStats ?? {})
    const valid = result.errors === 0 && statuses.length === 1 && statuses[0] === String(expect)
    return { rps: result.requests.total / result.duration, cpuUs, valid, statuses, errors: result.errors }
  } finally {
    child.disconnect()
    child.kill()
  }
}

async function cpuOf(child) {
  child.send('cpu')
  const { cpuUs } = await new Promise((resolve) => child.once('message', resolve))
  return cpuUs
}

function splitAtJob(body) {
  const at = body.indexOf('"JOB"')
  return at < 0 ? [Buffer.from(body)] : [Buffer.from(body.slice(0, at + 1)), Buffer.from(body.slice(at + 4))]
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
