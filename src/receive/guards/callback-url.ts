import type { CallbackUrls } from '../../signature/callback-url.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'

/** The reference of the URL that was posted to; nothing where no secret is set. */
export function checkCallbackUrl(url: string | undefined, urls: CallbackUrls | undefined): { reference?: string } | Refusal {
  if (!urls) return {}
  const reference = urls.read(url)
  if (reference !== undefined) return { reference }
  if (url === undefined) return refuse('callback_url_mismatch', 'callbackSecret is set, but the delivery came without its url.', { cause: 'url_not_given' })
  return url.includes('?')
    ? refuse('callback_url_mismatch', 'The query of the URL is not one that urlFor made with a secret of callbackSecret.', { cause: 'url_forged' })
    : refuse('callback_url_mismatch', 'The URL has no query: the job was submitted without urlFor, or a proxy removed it.', { cause: 'url_query_lost' })
}
