import type { Facts } from '../facts.ts'
import { isObject } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'
import { ofOtherCompany } from './getsmileapi.ts'
import { notACallback } from './unrecognized.ts'

/** No signature was found where Smile ID puts it. */
export function causeOfMissing(facts: Facts): Mistake {
  const { body, header } = facts
  const [signature, timestamp] = [header('response-signature'), header('response-timestamp')]
  if (signature !== undefined || timestamp !== undefined) {
    const gone = signature ? 'Response-Timestamp' : 'Response-Signature'
    return mistake('half_header_pair', `Response-Signature and Response-Timestamp come as a pair, and ${gone} is missing. One of the headers and one of the body do not make a pair.`, 'Let whatever stands before the router (proxy, gateway, queue) pass on both headers.')
  }
  return ofOtherCompany(facts) ?? retiredKey(body) ?? renamedHeaders(facts) ?? wrapped(body) ?? halfOfBody(body) ?? notACallback(body) ?? lostHeaders(body) ?? unsigned(facts)
}

function retiredKey(body: Facts['body']): Mistake | undefined {
  return body['sec_key'] === undefined
    ? undefined
    : mistake('sec_key', 'The body has a sec_key, the way of signing that Smile ID retired in 2022, and no signature.', 'Ask Smile ID to sign your callbacks with the API key ("signature"), and renew the key in the portal.')
}

function renamedHeaders({ capture }: Facts): Mistake | undefined {
  const renamed = Object.keys(capture.headers).find((name) => /response[-_]signature$/i.test(name) && name.toLowerCase() !== 'response-signature')
  return renamed === undefined
    ? undefined
    : mistake('headers_renamed', `The signature is in a header named "${renamed}". Something on the way renamed Response-Signature.`, 'Let the gateway pass headers on by their names, or set them back before the router.')
}

function wrapped(body: Facts['body']): Mistake | undefined {
  const outer = ['body', 'data', 'payload', 'event', 'result', 'message'].find((key) => {
    const inner = asObject(body[key])
    return inner !== undefined && (inner['signature'] !== undefined || inner['ResultCode'] !== undefined || inner['product'] !== undefined)
  })
  return outer === undefined
    ? undefined
    : mistake('wrapped_body', `The callback is inside "${outer}" of another object: a gateway, a queue or a function host wrapped it.`, `Hand the router what is inside "${outer}", with the headers of the original request.`)
}

function halfOfBody(body: Facts['body']): Mistake | undefined {
  if (typeof body['signature'] === 'string' && body['timestamp'] === undefined) {
    return mistake('timestamp_lost', 'The body has a signature, but not the timestamp that belongs to it.', 'Pass the body on whole. Both fields stand at its top level.')
  }
  if (body['timestamp'] !== undefined && body['signature'] === undefined && 'ResultCode' in body) {
    return mistake('signature_lost', 'The body has a timestamp, but no signature: something took it out, or somebody typed this by hand.', 'Pass the body on whole; sign tests with signDelivery of express-smile-id/testing.')
  }
  return undefined
}

function lostHeaders(body: Facts['body']): Mistake | undefined {
  return typeof body['status'] === 'string' && (typeof body['product'] === 'string' || 'reason' in body)
    ? mistake('headers_lost', 'This is a v3 callback. Its signature travels in the headers Response-Signature and Response-Timestamp, and they are not here: a proxy or gateway dropped them, or the capture left them out.', 'Let the proxy pass these headers on, and capture headers and body together.')
    : undefined
}

function unsigned({ value }: Facts): Mistake {
  return isObject(value)
    ? mistake('unsigned', 'There is no signature: neither in the headers (v3) nor as "signature" and "timestamp" in the body (v1). Smile ID signs every callback, so this is not one, or not all of one.', 'To try your receiver, use express-smile-id send, or signDelivery of express-smile-id/testing.')
    : mistake('not_an_object', 'The body is JSON, but no object. Callbacks are objects.', 'If the body is a text with JSON in it, somebody encoded it twice: hand the router the inner one.')
}

function asObject(value: unknown): Facts['body'] | undefined {
  if (isObject(value)) return value
  if (typeof value !== 'string') return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
