import { once } from 'node:events'
import { connect, createServer, type ClientHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { credential, v1Delivery, v3Delivery } from '../support/deliveries.ts'
import { localReceiver } from '../support/receiver.ts'

/** The status and text of an answer, once its stream has ended. */
async function request(
  session: ClientHttp2Session,
  method: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<[unknown, string]> {
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const stream = session.request(
    { ':method': method, ':path': '/smile-id', ...lowerCase },
    { endStream: body === undefined },
  )
  let status: unknown
  let text = ''
  stream.on('response', (head) => (status = head[':status']))
  stream.on('data', (chunk: Buffer) => (text += String(chunk)))
  if (body !== undefined) stream.end(body)
  await once(stream, 'end')
  return [status, text]
}

test('over HTTP/2: every answer at once, on one connection that stays, and no warning of the process', async () => {
  const { callbacks, reports } = localReceiver()
  const warned = vi.fn()
  process.on('warning', warned)
  const server = createServer(callbacks.node as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const ended = vi.fn()
  session.on('close', ended).on('error', ended)
  const [v1, v3, forged] = [
    v1Delivery(),
    v3Delivery(),
    v3Delivery({ credential: { ...credential, apiKey: 'another' } }),
  ]
  const large = Buffer.alloc(2_000_000, ' ')
  const began = performance.now()
  const answers = [
    await request(session, 'POST', v1.headers, v1.body),
    await request(session, 'POST', v3.headers, large),
    await request(session, 'POST', { ...v3.headers, 'Content-Length': String(large.length) }, large),
    await request(session, 'POST', forged.headers, large.subarray(0, 1_400_000)),
    await request(session, 'POST', { ...forged.headers, 'Content-Length': String(forged.body.length) }, forged.body),
    await request(session, 'GET'),
    await request(session, 'HEAD'),
    await request(session, 'POST', v3.headers, v3.body),
  ]
  await callbacks.close()
  answers.push(await request(session, 'POST', v3.headers, v3.body))
  expect(answers.map(([status]) => status)).toEqual([200, 413, 413, 401, 401, 405, 405, 200, 503])
  expect(answers[3]?.[1]).toContain('signature_mismatch')
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(reports).toHaveLength(9)
  // Longer than any answer lingers.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expect([ended.mock.calls, warned.mock.calls]).toEqual([[], []])
  process.off('warning', warned)
  session.close()
  server.close()
})
