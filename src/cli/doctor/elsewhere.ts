import type { Answer } from './answer.ts'

/** Where the router may be when it is not where it was looked for: behind a prefix, without one, with or without a slash. */
export async function elsewhere(url: URL, ask: (at: URL) => Promise<Answer>): Promise<URL | undefined> {
  for (const path of candidates(url.pathname)) {
    const at = new URL(url)
    at.pathname = path
    const answer = await ask(at)
    if (answer.kind === 'router') return at
  }
  return undefined
}

function candidates(path: string): string[] {
  const bare = path.replace(/\/+$/, '')
  const parts = bare.split('/').filter(Boolean)
  const withoutFirst = `/${parts.slice(1).join('/')}`
  const names = ['/smile-id', '/webhooks/smile-id'].filter((name) => name !== bare)
  const all = [path === bare ? `${bare}/` : bare, `/api${bare}`, `/v1${bare}`, `/api/v1${bare}`, withoutFirst, '/', ...names, ...names.map((name) => `/api${name}`)]
  return [...new Set(all.map((one) => (one === '' ? '/' : one)))].filter((one) => one !== path)
}
