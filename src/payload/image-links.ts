import { isRecord, type Json } from '../lib/json.ts'
import { unwrap } from './v1/envelope.ts'

const minuteMs = 60_000
/** Where a link does not say it, ms. contract/v3.md §3.4. */
const usualLifeMs = 15 * minuteMs
/** No signed link lives longer, ms. */
const longestLifeMs = 7 * 24 * 60 * minuteMs

/** When the first of the links to pictures ends; undefined without links. `sentAt`: when the delivery was signed. */
export function imageLinksEnd(payload: Json, sentAt: Date): Date | undefined {
  const { ImageLinks: v1, image_links: v3 } = unwrap(payload)
  const links = [v1, v3].filter(isRecord).flatMap((part) => Object.values(part).slice(0, 20))
  const urls = links.filter((link) => typeof link === 'string' && link.startsWith('http'))
  if (urls.length === 0) return undefined
  const sent = sentAt.getTime()
  const ends = urls.map((url) => {
    const end = endOf(String(url))
    return Math.abs(end - sent) <= longestLifeMs ? end : sent + usualLifeMs
  })
  return new Date(Math.min(...ends))
}

/** As storage services write it into the query; epoch ms, NaN where it is not there. */
function endOf(url: string): number {
  const query = url.slice(url.indexOf('?'), url.indexOf('?') + 4_096)
  const at = /X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(query)
  const seconds = /X-Amz-Expires=(\d{1,6})(?!\d)/.exec(query)?.[1]
  if (at && seconds !== undefined) {
    const [year = 0, month = 0, ...rest] = at.slice(1).map(Number)
    return Date.UTC(year, month - 1, ...rest) + Number(seconds) * 1000
  }
  return Number(/[?&]Expires=(\d{10})(?!\d)/.exec(query)?.[1] ?? Number.NaN) * 1000
}
