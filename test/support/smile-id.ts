import express, { type Request, type Response } from 'express'
import { sign, signingKey } from '../../src/signature/sign.ts'
import { credential, now, v1Payload } from './deliveries.ts'
import { serving } from './doors.ts'

/** What Smile ID's servers were asked. */
export interface Asked {
  path: string
  headers: Request['headers']
  body: Record<string, unknown>
}

type Answers = Record<string, (req: Request, res: Response, asked: Asked[]) => void>

/** Runs a test against servers that answer as Smile ID's do; `answers` is by path, `/v3/status` for every job. */
export async function smileIdServers<T>(
  answers: Answers,
  use: (baseUrl: string, asked: Asked[]) => Promise<T>,
): Promise<T> {
  const asked: Asked[] = []
  const app = express()
  app.use(express.json())
  app.use((req: Request, res: Response) => {
    asked.push({ path: req.path, headers: req.headers, body: (req.body ?? {}) as Record<string, unknown> })
    const answer = answers[req.path.startsWith('/v3/status/') ? '/v3/status' : req.path]
    if (answer) answer(req, res, asked)
    else res.status(404).json({ status: 'Not Found', message: 'no such path' })
  })
  return serving(app, (url) => use(url, asked))
}

/** A signed job_status answer. contract/v1.md §2. */
export function jobStatus(
  change: Record<string, unknown> = {},
  { key = credential.apiKey, timestamp = new Date(now + 1).toISOString() } = {},
): Record<string, unknown> {
  const signature = sign(timestamp, signingKey(credential.partnerId, key))
  const { ResultCode, ResultText, SmileJobID, PartnerParams } = v1Payload
  return {
    timestamp,
    signature,
    job_complete: true,
    job_success: true,
    code: '2302',
    result: { ResultCode, ResultText, SmileJobID, PartnerParams },
    history: [],
    ...change,
  }
}

export const token = (lifetimeS: number): string => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ iat: 1_000_000, exp: 1_000_000 + lifetimeS })}.x`
}
