// One receiver each: `name`, the apps it can be (`forms`), and what its sender posts (`sign`: { headers, body }).
// `series`, where there is one, makes a fresh delivery each time it is called.

const files = {
  'express-smile-id': 'express-smile-id',
  'express.raw only': 'express-only',
  'express.json only': 'express-only',
  'lean by hand': 'lean',
  'all of it by hand': 'all-by-hand',
  'refuses after reading': 'reads-first',
  'refuses at once': 'refuses-at-once',
  stripe: 'stripe',
  'standardwebhooks (svix)': 'standardwebhooks',
  octokit: 'octokit',
}

/** Loads this one alone: what the collector has to go through, and so what it costs, depends on all that is loaded. */
export async function contestant(name) {
  const found = Object.values(await import(`./${files[name]}.mjs`)).find((one) => one.name === name)
  if (!found) throw new Error(`There is no contestant ${name}.`)
  return found
}
