// A stand-in for nginx: passes requests on, and appends the sender's address to X-Forwarded-For as nginx.conf does.
import { createServer, request } from 'node:http'

export function makeProxy(target) {
  return createServer((req, res) => {
    // On one machine every sender is 127.0.0.1, so the demo says whom it plays.
    const { 'x-played-by': sender, ...headers } = req.headers
    const forwarded = [headers['x-forwarded-for'], sender].filter(Boolean).join(', ')
    const onward = request(
      new URL(req.url, target),
      { method: req.method, headers: { ...headers, 'x-forwarded-for': forwarded } },
      (answer) => {
        res.writeHead(answer.statusCode, answer.headers)
        answer.pipe(res)
      },
    )
    onward.on('error', () => res.writeHead(502).end())
    req.pipe(onward)
  })
}
