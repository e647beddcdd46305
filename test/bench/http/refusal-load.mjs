// Posts to a server that may answer and close before it has read the body. autocannon goes on writing on a connection
// that was closed for it, so refusals have a load of their own: bare sockets, a new one after each `Connection: close`.
import { connect } from 'node:net'

/**
 * Like `measure` of load.mjs, and what the server read of its sockets. `next` gives { headers, body, isChunked? }.
 * `mayLose`: an answer that the connection's end overtook is no fault.
 */
export async function measureRefusals(server, next, { seconds = 1, amount = Infinity, expect, connections = 8, mayLose = false }) {
  const before = await server.ask('usage')
  const own = process.cpuUsage()
  const started = performance.now()
  const until = amount === Infinity ? started + seconds * 1000 : Infinity
  const statuses = new Map()
  let requests = 0
  const lane = async () => {
    let socket
    while (performance.now() < until && requests < amount) {
      requests += 1
      const { status, closes } = await post((socket ??= open(server.port)), next())
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (closes) socket = void socket.destroy()
    }
    socket?.destroy()
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const wallUs = (performance.now() - started) * 1000
  const { user, system } = process.cpuUsage(own)
  const after = await server.ask('usage')
  const cpuUs = after.cpuUs - before.cpuUs
  return {
    rps: (requests / wallUs) * 1e6,
    cpuUs: cpuUs / requests,
    serverShare: cpuUs / wallUs,
    loadShare: (user + system) / wallUs,
    bytesRead: (after.bytesRead - before.bytesRead) / requests,
    mostRead: after.mostRead,
    requests,
    isValid: statuses.has(expect) && [...statuses.keys()].every((status) => status === expect || (mayLose && status === lost)),
    statuses: [...statuses.keys()],
    errors: 0,
  }
}

function open(port) {
  // What fails after an answer is of no interest; before one, `post` sees the close.
  return connect(port, '127.0.0.1').setNoDelay(true).on('error', () => undefined)
}

const lost = 'closed without an answer'

/** Sends one delivery; resolves once its answer is whole. */
function post(socket, { headers, body, isChunked }) {
  return new Promise((resolve) => {
    let text = ''
    const settle = (answer) => {
      socket.off('data', onData).off('close', onClose)
      resolve(answer)
    }
    const onClose = () => settle({ status: lost, closes: true })
    const onData = (chunk) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      settle({ status: text.slice(9, 12), closes: /\r\nconnection: *close/i.test(text) })
    }
    socket.on('data', onData).on('close', onClose)
    const framing = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': body.length }
    const head = Object.entries({ Host: 'localhost', ...headers, ...framing }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.cork()
    socket.write(`POST /hook HTTP/1.1\r\n${head.join('')}\r\n`)
    // A copy: the series writes over its buffer, and a socket sends what the buffer holds by then.
    if (isChunked) writeChunks(socket, body)
    else socket.write(Buffer.from(body))
    socket.uncork()
  })
}

function writeChunks(socket, body) {
  for (let at = 0; at < body.length; at += 65_536) {
    const chunk = body.subarray(at, at + 65_536)
    socket.write(`${chunk.length.toString(16)}\r\n`)
    socket.write(Buffer.from(chunk))
    socket.write('\r\n')
  }
  socket.write('0\r\n\r\n')
}
