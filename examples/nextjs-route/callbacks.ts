// Next keeps modules, so this is made once per process.
import { smileIdCallbacks } from 'express-smile-id'

export const credential = { partnerId: '085', apiKey: process.env.SMILE_ID_API_KEY ?? 'example-key-not-a-secret' }

export const callbacks = smileIdCallbacks({ credentials: credential, logger: false })
callbacks.on('approved', ({ jobId, product }) => console.log(`  ${product} approved: ${jobId}`))
