// One receiver for many Smile ID accounts: the path names the tenant, each tenant has sandbox and production,
// and one of them is changing its key.
import express from 'express'
import { smileIdCallbacks, type Credential } from 'express-smile-id'

// In yours a database or a secret store. Every key of a tenant is tried; none of another tenant is.
const tenants = new Map<string | undefined, Credential[]>([
  ['acme', [
    { partnerId: '085', apiKey: 'acme-production-key', environment: 'production' },
    { partnerId: '085', apiKey: 'acme-sandbox-key', environment: 'sandbox' },
  ]],
  ['zuri', [
    { partnerId: '2423', apiKey: 'zuri-new-key', environment: 'production', label: 'since October' },
    // Until the last job that was submitted with it is done.
    { partnerId: '2423', apiKey: 'zuri-old-key', environment: 'production', label: 'until October' },
  ]],
])

const callbacks = smileIdCallbacks({
  credentials: async ({ params }) => tenants.get(params.tenant),
  logger: false,
})

callbacks.onAny((event) => {
  const { product, delivery: { params, credential } } = event
  const said = event.kind === 'result' ? event.outcome : event.kind
  // Never let a sandbox result open a real account.
  const real = credential.environment === 'production'
  console.log(`  ${params.tenant}: ${product} ${said}, ${real ? 'for real' : 'only a test'}${credential.label ? ` (key ${credential.label})` : ''}`)
})

// The router takes its path params along, wherever it is mounted.
export const app = express().use('/:tenant/smile-id', callbacks.router)
