// Where a contestant's time goes once it is warm: node test/bench/profile.mjs NAME BODY [REQUESTS]
// Prints Markdown: CPU time by module, and the functions that took most of it themselves.
import { payloads } from './contestants/bodies.mjs'
import { startServer } from './http/child.mjs'
import { pinLoadGenerator } from './http/cores.mjs'
import { loadOf, measure } from './http/load.mjs'

const [name = 'express-smile-id', body = 'v1 2 kB', requests = '5000'] = process.argv.slice(2)
const top = 25

pinLoadGenerator()
const { generation, payload } = payloads[body]
const server = await startServer(name)
const load = await loadOf(name, JSON.stringify(payload), generation)
const amount = Number(requests)
await measure(server, load, { amount })
const plain = await measure(server, load, { amount })
await server.ask('profile')
await measure(server, load, { amount })
print(await server.ask('profiled'), plain)
await server.stop()

// The inspector's own work is none of the contestant's.
function isOutside({ functionName, url }) {
  return url === '' && ['(program)', '(idle)', 'dispatch'].includes(functionName)
}

function print({ nodes, samples, timeDeltas }, { cpuUs, statuses }) {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, self: 0 }]))
  samples.forEach((id, index) => (byId.get(id).self += timeDeltas[index]))
  const own = new Map()
  const withCalls = new Map()
  const byModule = new Map()
  let total = 0
  for (const { callFrame, self } of byId.values()) {
    if (isOutside(callFrame)) continue
    total += self
    add(own, nameOf(callFrame), self)
    add(byModule, moduleOf(callFrame.url) || callFrame.functionName, self)
  }
  const callees = (id, above) => {
    const { callFrame, self, children = [] } = byId.get(id)
    const name = nameOf(callFrame)
    const inside = above.has(name) ? above : new Set(above).add(name)
    const sum = children.reduce((us, child) => us + callees(child, inside), isOutside(callFrame) ? 0 : self)
    if (inside !== above && moduleOf(callFrame.url) === 'express-smile-id') add(withCalls, name, sum)
    return sum
  }
  callees(nodes[0].id, new Set())
  const each = (us) => (us / amount).toFixed(1)
  const table = (sums, count) => {
    console.log('| µs per request | % | function |\n|---:|---:|---|')
    for (const [key, us] of largest(sums, count)) console.log(`| ${each(us)} | ${((100 * us) / total).toFixed(1)} | ${key} |`)
    console.log()
  }
  console.log(`## ${name}, ${body}\n\n${amount} requests, statuses ${statuses}; ${cpuUs.toFixed(0)} µs of CPU per request without the profiler, ${each(total)} µs in JavaScript and what it calls.\n`)
  console.log(`By module, µs per request: ${largest(byModule, 14).map(([key, us]) => `${key} ${each(us)}`).join(', ')}\n`)
  console.log('In the function itself:\n')
  table(own, top)
  if (withCalls.size === 0) return
  console.log('In the function and all that it calls:\n')
  table(withCalls, top)
}

function add(sums, key, us) {
  sums.set(key, (sums.get(key) ?? 0) + us)
}

function largest(sums, count) {
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, count)
}

function nameOf({ functionName, url, lineNumber }) {
  return `${functionName || '(anonymous)'} ${short(url)}${url && `:${lineNumber + 1}`}`
}

function short(url) {
  return url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/(dist|test)\//, '$1/')
}

function moduleOf(url) {
  const path = short(url)
  if (path.startsWith('dist/')) return 'express-smile-id'
  return path.split('/').slice(0, path.startsWith('node:internal') ? 2 : 1).join('/')
}
