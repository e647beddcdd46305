// A contestant's process, and questions to it.
import { fork } from 'node:child_process'
import { onServerCore } from './cores.mjs'

/** Starts one contestant; `ask(question)` as in server.mjs. */
export async function startServer(name, form = 'app', { execArgv = [], env = {} } = {}) {
  const child = fork(new URL('server.mjs', import.meta.url), [name, form], { ...onServerCore(execArgv), env: { ...process.env, NODE_ENV: 'production', ...env }, serialization: 'advanced' })
  const next = () =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`${name} (${form}) ended with ${code}.`))
      child.once('exit', ended)
      child.once('message', (message) => {
        child.off('exit', ended)
        resolve(message)
      })
    })
  const { port } = await next()
  return {
    name,
    port,
    async ask(question) {
      const answer = next()
      child.send(question)
      return (await answer).answer
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}
