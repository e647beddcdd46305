// The receiver that every host mounts. What it did is said on stdout, a line of JSON each.
import { smileIdCallbacks } from 'express-smile-id'

const say = (facts) => console.log(JSON.stringify(facts))

export function make(options) {
  const callbacks = smileIdCallbacks({
    credentials: { partnerId: '085', apiKey: 'key-of-the-hosts' },
    allowedIps: ['127.0.0.1', '::1'],
    logger: { warn: (facts, message) => say({ warn: message, code: facts.code }), error: (facts, message) => say({ error: message, code: facts.code }) },
    ...options,
  })
  callbacks.onAny((event) => say({ handled: event.id, jobId: event.jobId, clientIp: event.delivery.clientIp }))
  return callbacks
}

export const callbacks = make()

/** Told once a host listens. */
export const listening = (port) => say({ port: Number(port) })
