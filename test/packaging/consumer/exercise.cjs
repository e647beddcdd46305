// Mounts the router, posts a genuine and a forged callback over HTTP, and expects what README promises.
module.exports = async ({ assert, express, smileIdCallbacks, SmileIdConfigError, signDelivery }) => {
  assert.throws(() => smileIdCallbacks({}), SmileIdConfigError)
  const credential = { partnerId: '085', apiKey: 'packed' }
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: '127.0.0.1', logger: false })
  const jobs = []
  callbacks.on('document_verification.approved', (event) => jobs.push(event.jobId))

  const server = express().use('/smile-id', callbacks.router).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const post = async (apiKey) => {
    const payload = { status: 'clear', product: 'document_verification' }
    const delivery = signDelivery({ generation: 'v3', credential: { ...credential, apiKey }, payload, jobId: 'job-1' })
    const response = await fetch(`http://127.0.0.1:${server.address().port}/smile-id`, { method: 'POST', ...delivery })
    return { status: response.status, body: await response.json() }
  }
  assert.deepEqual(await post('packed'), { status: 200, body: { received: true } })
  assert.equal((await post('forged')).status, 401)
  assert.deepEqual(jobs, ['job-1'])
  server.closeAllConnections()
  server.close()
}
