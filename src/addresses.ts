/**
 * The addresses Smile ID sends callbacks from, as data.
 *
 * - `published`: the four of Smile ID's security overview; the default of `allowedIps`. contract/v1.md §6.
 * - `production` and `sandbox`: the newer lists, split by environment. contract/v3.md §1.
 */
export const smileIdAddresses = Object.freeze({
  published: Object.freeze(['34.240.137.52', '44.230.128.108', '52.36.32.43', '52.213.46.74'] as const),
  production: Object.freeze(['13.51.0.119', '34.240.137.52', '51.20.27.3', '52.213.46.74'] as const),
  sandbox: Object.freeze(['13.48.228.158', '16.170.104.93', '54.246.37.255', '99.81.237.141'] as const),
})
