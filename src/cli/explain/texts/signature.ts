import { explained } from '../explanation.ts'

const ours = 'Whoever made this delivery is not Smile ID. Sign tests with signDelivery of express-smile-id/testing, or use express-smile-id send.'
const passOn = 'Look at what stands between Smile ID and the router (a gateway, a queue, a capture tool), and pass the signature on as it came.'

/** Causes of a signature that is there and wrong. */
export const signatureTexts = {
  wrong_key: explained('The signature has the right form, and another key or partner made it.', 'Sandbox and production have different keys, and a key that was renewed in the portal is no longer used.', 'Compare the key with the one in the portal for the environment the job was submitted to. While keys change, give both as a list. If both are right, it is a forgery.'),
  partner_id_zeros: explained('The key is right, and the partner id has other leading zeros.', 'Something turned the id into a number: "085" became 85. The id is part of what is signed.', "Write the partner id as a text, in quotation marks: '085'."),
  api_key_whitespace: explained('The API key has white space or quotation marks around it that do not belong to it.', 'It was copied with a line end, or an .env file kept the quotation marks.', 'Set the key without them: see how the environment variable or the secret was written.'),
  credentials_swapped: explained('Partner id and API key are swapped.', 'They were given in the wrong order.', 'Exchange the two.'),
  signature_altered: explained("The signature is one of Smile ID's for you, but was changed on the way.", 'Its "+" became a space, it was URL-encoded, rewritten as base64url or hexadecimal, or lost its "=".', passOn),
  timestamp_reformatted: explained('The timestamp was rewritten on the way.', 'The signature covers the text of the timestamp, and Date or a number changes it.', 'Pass the timestamp on as a text, exactly as received.'),
  headers_against_body: explained('The body carries a signature that is right, and the headers carry another.', 'Somebody adds Response-Signature to a v1 callback. Headers count first.', 'Find out who adds the headers, and let them be as Smile ID sent them.'),
  timestamp_of_other_place: explained('The signature of one place was combined with the timestamp of the other.', 'Headers and body each have a pair of their own.', 'Use Response-Signature with Response-Timestamp, or the two fields of the body.'),
  sid_response: explained('The signature was made over "sid_response" instead of "sid_request".', 'An example of other code, or of an old document. Callbacks are signed with "sid_request".', ours),
  other_recipe: explained('The signature was made with your key, but over other parts.', 'Smile ID signs timestamp + partner id + "sid_request", in this order and with nothing between.', ours),
  hashed_body: explained('The signature was made over the body.', 'Many other services do so. Smile ID does not sign the body.', ours),
  not_a_smile_id_signature: explained('The signature does not have the form that Smile ID uses.', 'It has 44 characters of base64; this one was cut short, rewritten or made up.', 'Check who sent this, and whether something cut the signature short.'),
  sec_key: explained('The delivery is signed with sec_key.', 'Smile ID retired it in 2022.', 'Ask Smile ID to sign your callbacks with the API key, and renew the key in the portal.'),
  getsmileapi: explained('This is a webhook of Smile API (getsmileapi.com), another company with a similar name.', 'It was given the URL that belongs to Smile ID (usesmileid.com).', 'Receive their webhooks with another handler, at another URL.'),
  no_credentials: explained('The credentials function gave no credential for this delivery.', 'It does not know the tenant of the path, or the mount has no path param.', 'Check the params of the mount, such as /:tenant/smile-id, and what the function does with them.'),
  headers_lost: explained('A v3 callback came without Response-Signature and Response-Timestamp.', 'A proxy or gateway dropped them, or the capture left them out.', 'Let the proxy pass these headers on; capture headers and body together.'),
  half_header_pair: explained('One of Response-Signature and Response-Timestamp is missing.', 'They come as a pair. Something on the way dropped one.', 'Let whatever stands before the router pass on both.'),
  headers_renamed: explained('The signature is in a header of another name.', 'Something on the way renamed Response-Signature.', 'Let the gateway pass headers on by their names, or set them back before the router.'),
  wrapped_body: explained('The callback is inside another object.', 'A gateway, a queue or a function host wrapped it.', 'Hand the router what is inside, with the headers of the original request.'),
  lambda_event: explained('The whole event of a function host was handed over as the body.', 'API Gateway and Lambda put the request into event.body and event.headers.', 'Give receive() { method, headers: event.headers, body } with the decoded event.body, or use an adapter such as serverless-http.'),
  timestamp_lost: explained('The body has a signature, and not the timestamp that belongs to it.', 'Something took it out.', 'Pass the body on whole.'),
  signature_lost: explained('The body has a timestamp, and no signature.', 'Something took it out, or somebody typed the body by hand.', 'Pass the body on whole. Sign tests with signDelivery of express-smile-id/testing.'),
  unsigned: explained('There is no signature in the headers (v3) or in the body (v1).', 'Smile ID signs every callback, so this is not one, or not all of one.', 'To try your receiver, use express-smile-id send.'),
  not_an_object: explained('The body is JSON, and not an object.', 'Somebody encoded it twice, or it is not a callback.', 'If the body is a text with JSON in it, hand the router the inner one.'),
  request_error: explained('This is the error answer to a request of yours.', 'No job was made, so no callback follows.', 'Handle it where you submit the job.'),
  acknowledgement: explained('This is the acknowledgement of a request of yours.', 'The callback follows later.', 'Handle it where you submit the job.'),
  sync_response: explained('This is the immediate answer of a SmartSelfie endpoint.', 'It answers a request, and is not a callback.', 'Handle it where you submit the job.'),
  job_status: explained('This is the answer to a job_status request.', 'It answers a request, and is not a callback.', 'Read it where you ask for it.'),
}
