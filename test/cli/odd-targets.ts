import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What may stand at the URL of a receiver instead of it; each a real server on loopback. */
export interface OddTarget {
  what: string
  cause: string
  says: string
  serve: () => Server
  scheme?: 'http' | 'https'
  host?: '::1'
  /** It does not answer: tried with less patience. */
  isSilent?: true
}

const http = (listener: RequestListener) => () => createServer(listener)
const tcp = (act: (socket: Socket) => unknown) => () =>
  createTcp((socket) => {
    socket.on('error', () => undefined)
    act(socket)
  })
const always = (status: number, headers: Record<string, string> = {}, body = '') =>
  http((_req, res) => res.writeHead(status, headers).end(body))
const nginx = (status: number, text: string) =>
  always(
    status,
    { Server: 'nginx/1.22.1', 'Content-Type': 'text/html' },
    `<html>\r\n<head><title>${status} ${text}</title></head>`,
  )

/** By OpenSSL, signed by itself. */
function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'smile-id-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  )
  const read = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(folder, { recursive: true })
  return read
}

export const oddTargets: OddTarget[] = [
  {
    what: 'never answers',
    cause: 'slow_answer',
    says: 'no answer within the time',
    serve: http(() => undefined),
    isSilent: true,
  },
  {
    what: 'accepts, and says nothing',
    cause: 'slow_answer',
    says: 'no answer within the time',
    serve: tcp(() => undefined),
    isSilent: true,
  },
  {
    what: 'hangs in the middle of its answer',
    cause: 'slow_answer',
    says: 'no answer within the time',
    serve: http((_req, res) => res.writeHead(200, { 'Content-Length': '100' }).write('{')),
    isSilent: true,
  },
  {
    what: 'hangs in the middle of its headers',
    cause: 'slow_answer',
    says: 'no answer within the time',
    serve: tcp((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-')),
    isSilent: true,
  },
  {
    what: 'hangs up in the middle of its answer',
    cause: 'hung_up',
    says: 'no whole answer came (ECONNRESET)',
    serve: http((_req, res) => {
      res.writeHead(200, { 'Content-Length': '100' }).write('{', () => res.destroy())
    }),
  },
  { what: 'closes at once', cause: 'hung_up', says: 'ECONNRESET', serve: tcp((socket) => socket.destroy()) },
  { what: 'resets at once', cause: 'hung_up', says: 'ECONNRESET', serve: tcp((socket) => socket.resetAndDestroy()) },
  {
    what: 'answers without an end',
    cause: 'other_answer',
    says: 'ERR_ANSWER_TOO_LONG',
    serve: http((_req, res) => {
      res.writeHead(200)
      const more = () => {
        while (res.writable && res.write('x'.repeat(65_536)));
      }
      res.on('drain', more)
      more()
    }),
  },
  {
    what: 'redirects to itself',
    cause: 'redirected',
    says: '302 leads to the same URL again',
    serve: http((req, res) => res.writeHead(302, { Location: req.url ?? '' }).end()),
  },
  {
    what: 'redirects to the other slash',
    cause: 'redirected',
    says: '/smile-id/. Smile ID does not follow',
    serve: always(308, { Location: '/smile-id/' }),
  },
  {
    what: 'redirects to what is no URL',
    cause: 'redirected',
    says: '302 leads to http://[',
    serve: always(302, { Location: 'http://[' }),
  },
  { what: 'redirects nowhere', cause: 'other_answer', says: '302, which is not an answer', serve: always(302) },
  {
    what: '502 of nginx',
    cause: 'gateway_error',
    says: '502 (Server: nginx/1.22.1)',
    serve: nginx(502, 'Bad Gateway'),
  },
  {
    what: '504 of nginx',
    cause: 'gateway_error',
    says: '504 (Server: nginx/1.22.1)',
    serve: nginx(504, 'Gateway Time-out'),
  },
  { what: '404 of nginx', cause: 'not_found', says: '404 (Server: nginx/1.22.1)', serve: nginx(404, 'Not Found') },
  {
    what: '413 of nginx',
    cause: 'body_limit',
    says: '413 (Server: nginx/1.22.1), before the router',
    serve: nginx(413, 'Request Entity Too Large'),
  },
  {
    what: '403 of a firewall',
    cause: 'firewall',
    says: '403 (Server: cloudflare)',
    serve: always(403, { Server: 'cloudflare' }),
  },
  { what: 'answers null', cause: 'other_answer', says: '400, which is not an answer', serve: always(400, {}, 'null') },
  {
    what: "a code that is an object's own",
    cause: 'other_answer',
    says: '401, which is not an answer',
    serve: always(401, {}, '{"error":{"code":"__proto__"}}'),
  },
  {
    what: 'another protocol',
    cause: 'other_protocol',
    says: 'HPE_INVALID',
    serve: tcp((socket) => socket.end('SSH-2.0-x\r\n')),
  },
  { what: 'plain HTTP, asked by https', cause: 'other_protocol', says: 'EPROTO', serve: always(200), scheme: 'https' },
  {
    what: 'a certificate signed by itself',
    cause: 'certificate',
    says: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    serve: () => createTls(selfSigned(), (_req, res) => res.end()),
    scheme: 'https',
  },
  { what: 'on IPv6', cause: 'not_found', says: '404', serve: always(404), host: '::1' },
]

/** Gives its URL to `act`, and ends it. */
export async function servingOdd<T>(
  { serve, scheme = 'http', host }: OddTarget,
  act: (url: string) => Promise<T>,
): Promise<T> {
  const server = serve()
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, host ?? '127.0.0.1', resolve))
  try {
    return await act(
      `${scheme}://${host === undefined ? '127.0.0.1' : `[${host}]`}:${(server.address() as AddressInfo).port}/smile-id`,
    )
  } finally {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}
