// One contestant in a process of its own: node server.mjs NAME [FORM]. Says its port to the parent, and answers
// what it is asked: `usage` (CPU, bytes read), `heap` and `grown`, `memory`, `profile` and `profiled` (what took the time in between).
import { Session } from 'node:inspector/promises'
import { contestant } from '../contestants/index.mjs'
import { done } from '../contestants/shared.mjs'

const [, , name, form = 'app'] = process.argv
const session = new Session()
const sockets = new Set()
let bytesRead = 0
let mostRead = 0

const { forms } = await contestant(name)
const app = await forms[form]()
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
// What a connection has read of its socket: what a sender could make this process hold.
server.on('connection', (socket) => {
  sockets.add(socket)
  socket.on('close', () => {
    sockets.delete(socket)
    bytesRead += socket.bytesRead
    mostRead = Math.max(mostRead, socket.bytesRead)
  })
})

const questions = {
  usage() {
    const { user, system } = process.cpuUsage()
    const open = [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0)
    return { cpuUs: user + system, bytesRead: bytesRead + open, mostRead, handled: done.count }
  },
  /** Of the heap once all is collected, and as it is. */
  heap() {
    globalThis.gc()
    return { held: process.memoryUsage().heapUsed }
  },
  grown: () => ({ held: process.memoryUsage().heapUsed }),
  memory() {
    for (let i = 0; i < 4; i += 1) globalThis.gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    return { held: heapUsed + external, rss }
  },
  async profile() {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 200 })
    await session.post('Profiler.start')
    return {}
  },
  async profiled() {
    return (await session.post('Profiler.stop')).profile
  },
}

process.on('message', async (question) => process.send({ answer: await questions[question]() }))
process.on('disconnect', () => process.exit())
