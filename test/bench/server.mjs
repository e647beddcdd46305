// One contestant in a process of its own: node server.mjs NAME [equal]. Says its port to the parent,
// and what CPU time it has used when asked.
import { contestants } from './contestants.mjs'

const [, , name, form = 'app'] = process.argv
const server = contestants[name][form]().listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
