// Writes captures to a folder as fast as may be, beside another process that does the same.
import { captureRefused } from '../../src/capture/capture-refused.ts'
import { smileIdCallbacks } from '../../src/index.ts'

const [, , dir] = process.argv
const callbacks = smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'flood-key' }, allowedIps: false, logger: { warn: (_facts, line) => line.includes('captureRefused') && console.error(line), error: () => undefined }, onDelivery: captureRefused({ dir, most: 5 }) })
const bodies = ['{', '{}', '[]', '{"signature":"x","timestamp":1}', '']
for (let n = 0; n < 50; n += 1) {
  for (const body of bodies) await callbacks.receive({ method: 'POST', headers: {}, body })
  await new Promise((resolve) => setTimeout(resolve, 20))
}
