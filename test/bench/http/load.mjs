// Loads a running contestant with autocannon.
import autocannon from 'autocannon'
import { contestant } from '../contestants/index.mjs'

/** Makes the load of one contestant with one business text. `damage` spoils each delivery. */
export async function loadOf(name, text, generation, { damage = (delivery) => delivery, isSame = false } = {}) {
  const { sign, series } = await contestant(name)
  if (!series || isSame) return { body: text, ...damage(await sign(text, generation)) }
  const next = series(text, generation)
  const first = damage(next())
  // autocannon copies the body into its request at once, so that one buffer serves all.
  const setupRequest = (request) => Object.assign(request, damage(next()))
  return { ...first, requests: [{ setupRequest }] }
}

/**
 * One measurement of `server`: requests per second, µs of its CPU per request, and which share of a core it and the
 * load generator had. `isHandled`: the handler has to have run for each. Ends after `seconds`, or after `amount` requests where that is given.
 */
export async function measure(server, load, { seconds = 1, amount, expect = 200, connections = 8, isHandled = true }) {
  const before = await server.ask('usage')
  const own = process.cpuUsage()
  const started = performance.now()
  const result = await autocannon({ url: `http://127.0.0.1:${server.port}/hook`, method: 'POST', connections, timeout: 30, // It looks whether the amount is reached once in a sample.
    sampleInt: 20, ...(amount ? { amount } : { duration: seconds }), ...load })
  const wallUs = (performance.now() - started) * 1000
  const { user, system } = process.cpuUsage(own)
  const after = await server.ask('usage')
  const cpuUs = after.cpuUs - before.cpuUs
  const requests = result.requests.total
  const statuses = Object.keys(result.statusCodeStats ?? {})
  // A duplicate is answered with 200 too, without the work that is measured here.
  const unhandled = isHandled ? Math.max(0, requests - (after.handled - before.handled)) : 0
  return {
    rps: (requests / wallUs) * 1e6,
    cpuUs: cpuUs / requests,
    serverShare: cpuUs / wallUs,
    loadShare: (user + system) / wallUs,
    requests,
    isValid: requests > 0 && result.errors === 0 && unhandled === 0 && statuses.length === 1 && statuses[0] === String(expect),
    statuses,
    errors: result.errors,
    unhandled,
  }
}
