// Takes callbacks, and answers 200 as soon as Postgres has them. Handlers run in worker.ts, in another process.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import { pgBossInbox } from 'express-smile-id/pg-boss'
import { credential } from '../shared/settings.js'
import { queue, startBoss } from './settings.ts'

export const boss = await startBoss()
const callbacks = smileIdCallbacks({ credentials: credential, inbox: pgBossInbox(boss, queue), logger: false })

export const app = express().use('/smile-id', callbacks.router)
