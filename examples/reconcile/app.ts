// A receiver, and a run that asks Smile ID about the jobs whose accounts are still pending.
import express from 'express'
import { smileIdCallbacks, type Credential } from 'express-smile-id'
import { reconcile, type JobToAsk } from 'express-smile-id/reconcile'

interface Account {
  state: 'pending' | 'approved' | 'rejected'
  job: JobToAsk
}

export function makeApp({ credential, baseUrl }: { credential: Credential; baseUrl: string }) {
  // In your app: rows of a table.
  const accounts = new Map<string | undefined, Account>([
    ['acc-1', { state: 'pending', job: { generation: 'v1', jobId: 'job-1', userId: 'user-1' } }],
    ['acc-2', { state: 'pending', job: { generation: 'v1', jobId: 'job-2', userId: 'user-2' } }],
    ['acc-3', { state: 'pending', job: { generation: 'v3', jobId: 'job_00000000000000000000000003' } }],
    ['acc-4', { state: 'pending', job: { generation: 'v1', jobId: 'job-4', userId: 'user-4' } }],
  ])
  // Smile ID's stand-in calls from this machine. In production leave allowedIps out.
  const callbacks = smileIdCallbacks({ credentials: credential, allowedIps: ['127.0.0.1'], logger: false })
  callbacks.on(['approved', 'rejected'], ({ outcome, partnerParams, delivery }) => {
    const account = accounts.get(partnerParams.account_id)
    if (account?.state !== 'pending') return
    account.state = outcome
    console.log(`  ${partnerParams.account_id} ${outcome}, origin ${delivery.origin}`)
  })

  const openJobs = () => [...accounts.values()].filter(({ state }) => state === 'pending').map(({ job }) => job)
  return {
    app: express().use('/smile-id', callbacks.router),
    // Run it every 15 minutes, by a schedule of BullMQ or pg-boss. baseUrl is for the stand-in.
    reconcile: () => reconcile(callbacks, { environment: 'sandbox', jobs: openJobs(), baseUrl }),
  }
}
