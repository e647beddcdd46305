// A cluster of two workers, each with a receiver: prints the topics that each was warned of.
import cluster from 'node:cluster'
import { memoryStore, smileIdCallbacks } from '../../src/index.ts'

if (cluster.isPrimary) {
  const workers = [cluster.fork({ ONLY: 'default' }), cluster.fork({ ONLY: 'given' })]
  let left = workers.length
  cluster.on('message', (worker, topics) => {
    process.stdout.write(`${JSON.stringify(topics)}\n`)
    worker.kill()
    if ((left -= 1) === 0) cluster.disconnect()
  })
} else {
  const topics: string[] = []
  const warn = (facts: object) => void topics.push((facts as { topic: string }).topic)
  const store = process.env['ONLY'] === 'given' ? memoryStore() : undefined
  smileIdCallbacks({ credentials: { partnerId: '085', apiKey: 'key-of-a-test' }, store, logger: { warn, error: warn } })
  process.send?.([process.env['ONLY'], ...topics])
}
