// Your own schema for the partner params: checked on arrival, and typed in every handler.
import express from 'express'
import { smileIdCallbacks } from 'express-smile-id'
import * as z from 'zod'
import { credential } from '../shared/settings.js'

// Partner params arrive as texts; the schema makes of them what your code works with.
const partnerParams = z.object({
  account_id: z.uuid(),
  amount: z.coerce.number().positive(),
  currency: z.enum(['NGN', 'KES', 'GHS']),
})

const callbacks = smileIdCallbacks({ credentials: credential, partnerParams, logger: false })

callbacks.on('approved', ({ partnerParams: { account_id, amount, currency } }) => {
  // `amount` is a number here, and `currency` one of three.
  console.log(`  open account ${account_id} with a limit of ${currency} ${amount.toFixed(2)}`)
})

// Nothing is lost: what does not fit the schema is handed over whole. Paths say where, never what.
callbacks.onUnrecognized(({ code, issues }) => {
  console.log(`  ${code}: ${issues.map(({ path }) => path).join(', ')}`)
})

export const app = express().use('/smile-id', callbacks.router)
