/** A server process of one's own. */
export interface OwnServer {
  port: number
  url: string
  /** Starts it again after `kill`, with what it had stored. */
  start(): Promise<void>
  /** Ends it as a crash does. */
  kill(): Promise<void>
  /** Ends it, and deletes what it had stored. */
  remove(): Promise<void>
}

export const hasRedisServer: boolean
export const hasPostgresServer: boolean
export function ownRedis(settings?: readonly string[]): Promise<OwnServer>
/** True if the program is there; says that it is missing otherwise. */
export const queueServers: { rabbit(): boolean; nats(): boolean }
export function ownRabbit(): Promise<OwnServer>
export function ownNats(): Promise<OwnServer>
export function ownPostgres(settings?: readonly string[]): Promise<OwnServer>

interface RedisNode {
  host: string
  port: number
}
export function ownRedisCluster(replicas?: number): Promise<{
  nodes: RedisNode[]
  /** Ends the node at this port as a crash does. */
  kill(port: number): Promise<void>
  remove(): Promise<unknown>
}>
export function ownSentinel(): Promise<{
  sentinels: RedisNode[]
  master: number
  replica: number
  /** Ends the master as a crash does. */
  kill(): Promise<void>
  remove(): Promise<unknown>
}>
