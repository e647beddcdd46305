import Stripe from 'stripe'
import { equalWork } from './checks.mjs'
import { json, rawApp, secret, work } from './shared.mjs'

const { webhooks } = new Stripe('sk_test_bench')
const verify = (req) => webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret)

export const stripe = {
  name: 'stripe',
  sign: (text) => ({ headers: { ...json, 'Stripe-Signature': webhooks.generateTestHeaderString({ payload: text, secret }) }, body: text }),
  forms: {
    app: () => rawApp(async (req) => { verify(req); await work(); return 200 }),
    equal() {
      const more = equalWork()
      return rawApp(async (req) => { const event = verify(req); await work(); return more(req, event) })
    },
  },
}
