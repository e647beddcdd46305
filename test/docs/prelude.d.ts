// What README's code blocks take for granted: a receiver that was made above, and things of the reader's own.
declare const callbacks: import('express-smile-id').SmileIdCallbacks<import('express-smile-id').PartnerParams>
declare const credentials: import('express-smile-id').Credential
declare const credential: import('express-smile-id').Credential
declare const app: import('express').Express
declare const store: import('express-smile-id').OnceStore
declare const redis: import('ioredis').Redis
declare const connection: { host: string }
declare const queue: import('bullmq').Queue
declare const pool: import('pg').Pool
declare const boss: import('pg-boss')
declare const server: import('node:http').Server
declare const worker: { close(): Promise<void> } | undefined
declare const deliver: typeof import('express-smile-id/testing').deliver
declare const jobStory: typeof import('express-smile-id/testing').jobStory
declare const shuffle: typeof import('express-smile-id/testing').shuffle
declare function myStore(): Promise<import('express-smile-id').OnceStore>
declare function test(name: string, run: () => Promise<void>): void
declare function encrypt(text: string): string
declare function decrypt(stored: unknown): string
declare function isClosed(account: string | undefined): Promise<boolean>
declare function review(name: string | null | undefined): void
declare function save(...data: unknown[]): Promise<void>
declare function load(jobId: string): Promise<import('express-smile-id').JobState | undefined>
declare function findCredentials(tenant: string | undefined): Promise<import('express-smile-id').Credential>
declare function sign(timestamp: string): string
declare function activate(account: string | undefined): Promise<void>
declare function reject(account: string | undefined): Promise<void>
declare function askSmileId(): Promise<{ headers: Headers; body: string }>
declare function accountOfJob(jobId: string): Promise<string | undefined>
declare function askStaff(jobId: string): Promise<void>
declare function openJobs(): AsyncIterable<import('express-smile-id/reconcile').JobToAsk>
declare const fastify: { register(plugin: (scope: FastifyScope) => Promise<void>): Promise<void> }
interface FastifyScope {
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void
  all(
    path: string,
    handler: (
      request: { raw: import('node:http').IncomingMessage },
      reply: { raw: import('node:http').ServerResponse; hijack(): void },
    ) => void,
  ): void
}
declare const hono: { all(path: string, handler: (c: { req: { raw: Request } }) => Promise<Response>): void }
declare function getConnInfo(c: unknown): { remote: { address?: string } }
declare const Bun: {
  serve(options: {
    fetch(request: Request, server: { requestIP(request: Request): { address: string } | null }): Promise<Response>
  }): void
}
declare const Deno: {
  serve(handler: (request: Request, info: { remoteAddr: { hostname: string } }) => Promise<Response>): void
}
