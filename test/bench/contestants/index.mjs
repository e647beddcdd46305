// One receiver each: `name`, the apps it can be (`forms`), and what its sender posts (`sign`: { headers, body }).
// `series`, where there is one, makes a fresh delivery each time it is called.
import { allByHand } from './all-by-hand.mjs'
import { expressJson, expressRaw } from './express-only.mjs'
import { expressSmileId } from './express-smile-id.mjs'
import { lean } from './lean.mjs'
import { octokit } from './octokit.mjs'
import { readsFirst } from './reads-first.mjs'
import { standardwebhooks } from './standardwebhooks.mjs'
import { stripe } from './stripe.mjs'

const all = [expressSmileId, expressRaw, expressJson, lean, allByHand, readsFirst, stripe, standardwebhooks, octokit]

export const contestants = Object.fromEntries(all.map((one) => [one.name, one]))
