import type { CallbackUrls } from '../../signature/callback-url.ts'
import { refuse, type Refusal } from '../../report/refusal.ts'

/** The reference of the URL that was posted to; nothing where no secret is set. */
export function checkCallbackUrl(url: string | undefined, urls: CallbackUrls | undefined): { reference?: string } | Refusal {
  if (!urls) return {}
  const reference = urls.read(url)
  if (reference !== undefined) return { reference }
  return refuse('callback_url_mismatch', url === undefined ? 'callbackSecret is set, but the delivery came without its url.' : undefined)
}
