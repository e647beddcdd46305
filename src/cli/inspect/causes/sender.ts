import { smileIdAddresses } from '../../../addresses.ts'
import { compileAddressRules } from '../../../receive/guards/client-address.ts'
import type { Facts } from '../facts.ts'
import { mistake, type Mistake } from '../mistake.ts'
import { ofOtherCompany } from './getsmileapi.ts'

const within = (address: string, rules: readonly string[]): boolean => {
  const compiled = compileAddressRules(rules, false)
  return 'allows' in compiled && compiled.allows(address)
}

const inner = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8', 'fc00::/7', 'fe80::/10', '::1/128']

/** The sender's address is on no list. */
export function causeOfAddress(facts: Facts): Mistake {
  const { clientIp } = facts.capture
  if (clientIp === undefined) {
    return mistake('address_unknown', 'The delivery came without the address of its sender.', 'Give clientIp to fetch() or receive(): only your host knows it.')
  }
  for (const environment of ['production', 'sandbox'] as const) {
    if (within(clientIp, smileIdAddresses[environment])) {
      return mistake('newer_address', `${clientIp} is on Smile ID's newer list for ${environment}, which is not the default.`, `allowedIps: [...smileIdAddresses.published, ...smileIdAddresses.${environment}]`)
    }
  }
  if (within(clientIp, inner)) {
    return mistake('proxy', `${clientIp} is an address of your own network: a proxy, a load balancer or a tunnel stands before the app, and Express was not told.`, "app.set('trust proxy', 1) for one proxy, their number for several. Behind a tunnel on your own machine: allowedIps: false, in development alone.")
  }
  return ofOtherCompany(facts) ?? mistake('stranger', `${clientIp} is none of Smile ID's addresses.`, 'If this came from your own test, give the test a published address. If a proxy stands before the app, set trust proxy to their exact number. Otherwise somebody else knows your URL.')
}

export function causeOfMethod({ capture }: Facts): Mistake {
  return mistake('not_a_post', `The delivery is a ${capture.method}, and Smile ID posts. A browser, a health check or a redirect makes such requests.`, 'Nothing, if it was you. If genuine callbacks arrive like this, something redirects them: give Smile ID the final URL.')
}
