/**
 * The addresses Smile ID sends callbacks from, as data. The default of `allowedIps` is `published` and `production`
 * together, and `sandbox` as well if a credential has an `environment` of that name.
 *
 * - `published`: the four of Smile ID's security overview. contract/v1.md §6.
 * - `production` and `sandbox`: the newer lists, split by environment. contract/v3.md §1.
 */
export const smileIdAddresses = Object.freeze({
  published: Object.freeze(['34.240.137.52', '44.230.128.108', '52.36.32.43', '52.213.46.74'] as const),
  production: Object.freeze(['13.51.0.119', '34.240.137.52', '51.20.27.3', '52.213.46.74'] as const),
  sandbox: Object.freeze(['13.48.228.158', '16.170.104.93', '54.246.37.255', '99.81.237.141'] as const),
})

/** The newer list that has this address, if the published one has it not. */
export function newerListOf(address: string | undefined): 'production' | 'sandbox' | undefined {
  const has = (name: keyof typeof smileIdAddresses) =>
    (smileIdAddresses[name] as readonly (string | undefined)[]).includes(address)
  return has('published') ? undefined : (['production', 'sandbox'] as const).find(has)
}
