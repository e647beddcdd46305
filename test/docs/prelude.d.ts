// What README's code blocks take for granted: a receiver that was made above, and things of the reader's own.
declare const callbacks: import('express-smile-id').SmileIdCallbacks<import('express-smile-id').PartnerParams>
declare const credentials: import('express-smile-id').Credential
declare const store: import('express-smile-id').OnceStore
declare const redis: import('ioredis').Redis
declare const connection: { host: string }
declare const queue: import('bullmq').Queue
declare const pool: import('pg').Pool
declare const boss: import('pg-boss')
declare const server: import('node:http').Server
declare const worker: { close(): Promise<void> } | undefined
declare function myStore(): Promise<import('express-smile-id').OnceStore>
declare function test(name: string, run: () => Promise<void>): void
declare function encrypt(text: string): string
declare function decrypt(stored: unknown): string
declare function isClosed(account: string | undefined): Promise<boolean>
declare function review(name: string | null | undefined): void
declare function save(...data: unknown[]): Promise<void>
declare function load(jobId: string): Promise<import('express-smile-id').JobState | undefined>
declare function findCredentials(tenant: string | undefined): Promise<import('express-smile-id').Credential>
declare function clientIpOf(request: Request): string
