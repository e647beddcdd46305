import express from 'express'
import { onTestFinished, vi } from 'vitest'
import { main } from '../../../src/cli/main.ts'
import { smileIdCallbacks, type SmileIdEvent } from '../../../src/index.ts'
import { credential } from '../../support/deliveries.ts'
import { fakeIo } from '../support.ts'

/** Starts a command that serves the page; gives the page's URL and where it takes deliveries. */
export async function running(command: string) {
  const stop = new AbortController()
  const io = fakeIo({ stop: stop.signal })
  const ended = main(command.split(' '), io)
  const close = async () => {
    stop.abort()
    return ended
  }
  const found = (pattern: RegExp) =>
    vi.waitFor(() => pattern.exec(io.written.err)?.[1] ?? Promise.reject(new Error('not yet')), { timeout: 30_000 })
  const page = await found(/Open (http:\S+)/)
  const target = await found(/(?:received at|Deliveries to) (http:\/\/127\.0\.0\.1:\d+)/)
  return { page, target, close, io }
}

export async function runningListen() {
  const started = await running('listen --ui --port 0')
  onTestFinished(async () => {
    await started.close()
  })
  return started
}

/** An app in development, and the page beside it. */
export async function runningBesideApp(options: object = {}, args = '') {
  const events: SmileIdEvent[] = []
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', logger: false, ...options })
  callbacks.onAny((event) => {
    events.push(event)
  })
  const server = express().use('/smile-id', callbacks.router).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const started = await running(`ui --app http://127.0.0.1:${port}/smile-id ${args}`.trim())
  onTestFinished(async () => {
    await started.close()
    server.closeAllConnections()
    server.close()
  })
  return { ...started, events }
}
