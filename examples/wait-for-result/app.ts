// Submits a job with smile-identity-core, and answers the user when the callback is there.
import express from 'express'
import { smileIdAddresses, smileIdCallbacks, type Credential } from 'express-smile-id'
import type { IDApi } from 'smile-identity-core'

interface Setting {
  credential: Credential
  /** `new IDApi(partnerId, apiKey, '0')`: the sandbox. */
  api: IDApi
  ownUrl: () => string
}

export function makeApp({ credential, api, ownUrl }: Setting) {
  // The stand-in calls from this machine. In production leave allowedIps out.
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1', ...smileIdAddresses.published], logger: false })

  const app = express().use('/smile-id', callbacks.router)
  app.post('/verify', express.json(), async (req, res) => {
    const job_id = req.body.job_id
    // Wait before submitting: the callback may be faster than the answer. Its handlers run in this process alone;
    // with several processes see the example waiting-across-processes.
    const result = callbacks.waitForJob(job_id, { timeout: 20_000 })
    result.catch(() => undefined)
    const idInfo = { country: 'NG', id_type: 'BVN', id_number: '00000000000' }
    await api.submitAsyncjob({ job_id, user_id: 'user-1', job_type: 5, account_id: 'acc-1' }, idInfo, `${ownUrl()}/smile-id`)
    console.log('  submitted')
    const { outcome, product, partnerParams } = await result
    res.json({ outcome, product, account: partnerParams.account_id })
  })
  return app
}
