import { Webhook } from 'standardwebhooks'
import { equalWork } from './checks.mjs'
import { json, rawApp, secret, work } from './shared.mjs'

const webhook = new Webhook(secret)
const verify = (req) => webhook.verify(req.body, req.headers)

export const standardwebhooks = {
  name: 'standardwebhooks (svix)',
  sign(text) {
    const now = new Date()
    return { headers: { ...json, 'webhook-id': 'msg_bench', 'webhook-timestamp': String(Math.floor(now / 1000)), 'webhook-signature': webhook.sign('msg_bench', now, text) }, body: text }
  },
  forms: {
    app: () => rawApp(async (req) => { verify(req); await work(); return 200 }),
    equal() {
      const more = equalWork()
      return rawApp(async (req) => { const event = verify(req); await work(); return more(req, event) })
    },
  },
}
