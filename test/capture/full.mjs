// Writes a capture that is larger than this process may write.
import { captureRefused } from '../../src/capture/capture-refused.ts'
import { smileIdCallbacks } from '../../src/index.ts'

const [, , dir] = process.argv
const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'flood-key' }, allowedIps: false, logger: { warn: (_facts, line) => console.log(line), error: (_facts, line) => console.log(line) }, onDelivery: captureRefused({ dir, redact: false }) })
await callbacks.receive({ method: 'POST', headers: {}, body: JSON.stringify({ padding: 'x'.repeat(5_000) }) })
await new Promise((resolve) => setTimeout(resolve, 200))
