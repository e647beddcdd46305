/** A server process of one's own. */
export interface OwnServer {
  port: number
  url: string
  /** Starts it again after `kill`, with what it had stored. */
  start(): Promise<void>
  /** Ends it as a crash does. */
  kill(): Promise<void>
  /** Ends it, and deletes what it had stored. */
  stop(): Promise<void>
}

export function ownRedis(): Promise<OwnServer | undefined>
export function ownPostgres(settings?: readonly string[]): Promise<OwnServer | undefined>
