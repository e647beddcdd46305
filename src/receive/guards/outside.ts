import type { Refusal } from '../../report/refusal.ts'
import type { Config } from '../config.ts'
import type { IncomingDelivery } from '../delivery.ts'
import type { ReadHeaders } from '../headers.ts'
import { checkCallbackUrl } from './callback-url.ts'
import { checkClientAddress } from './sender.ts'
import { checkDeclaredLength } from './declared-length.ts'
import { checkHeaderSizes } from './header-sizes.ts'
import { checkMediaType } from './media-type.ts'
import { checkMethod } from './method.ts'

/** All that can be told before anything is computed or read, the cheap first; the reference of the callback URL where there is one. */
export function checkOutside({ method, clientIp: givenIp, url, headers: given }: IncomingDelivery, clientIp: string | undefined, headers: ReadHeaders, config: Config): { reference?: string } | Refusal {
  return (
    checkMethod(method) ??
    checkClientAddress(clientIp, givenIp, config.addresses, given) ??
    checkHeaderSizes(headers) ??
    checkMediaType(headers.contentType, headers.contentEncoding) ??
    checkDeclaredLength(headers.contentLength, config.maxBodySize) ??
    checkCallbackUrl(url, config.callbackUrls)
  )
}
