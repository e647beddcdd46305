// What README's code blocks take for granted: a receiver that was made above, and functions of the reader's own.
declare const callbacks: import('express-smile-id').SmileIdCallbacks<import('express-smile-id').PartnerParams>
declare const credentials: import('express-smile-id').Credential
declare function findCredentials(tenant: string | undefined): Promise<import('express-smile-id').Credential>
declare function clientIpOf(request: Request): string
