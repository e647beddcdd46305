import { http } from '@google-cloud/functions-framework'
import { callbacks } from './callbacks.mjs'

http('smileId', callbacks.router)
