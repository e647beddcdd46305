import { appendFileSync } from 'node:fs'
import { smileIdCallbacks } from '../../../dist/index.js'

const topics = []
const warn = ({ topic }) => topics.push(topic)
smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'key-of-a-test' }, logger: { warn, error: warn } })
appendFileSync(process.env.SAID, `${JSON.stringify(topics)}\n`)
setInterval(() => undefined, 1_000)
