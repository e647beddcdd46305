// The reader's own receiver, which README's example of a test imports.
import type { Express } from 'express'
import type { Credential } from 'express-smile-id'

export const accounts: string[]
export const app: Express
export const credential: Credential
