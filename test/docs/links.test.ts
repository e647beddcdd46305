import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { own, pages, type Page } from './readme.ts'

/** As GitHub and npm make them: of two headings alike only the first would be found, so there are none. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

const anchorsOf = ({ prose }: Page): string[] =>
  [...prose.matchAll(/^#+ (.*)$/gm)].map(({ 1: title = '' }) => anchorOf(title))
const linksOf = ({ prose }: Page): string[] =>
  [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: target = '' }) => target)

/** Why a link leads nowhere; undefined if it leads somewhere. */
function flawOf(link: string, page: Page): string | undefined {
  const ours = /^https:\/\/github\.com\/express-smile-id\/express-smile-id\/(?:blob|tree|raw)\/main\/(.*)/.exec(
    link,
  )?.[1]
  if (ours === undefined && /^https?:/.test(link)) return undefined
  const [path = '', anchor] = (ours ?? link).split('#')
  const file = ours === undefined ? (path === '' ? page.file : posix.join(posix.dirname(page.file), path)) : path
  if (!existsSync(own(file))) return `${link}: no such file`
  if (anchor === undefined) return undefined
  const target = pages.find((one) => one.file === file)
  return target && anchorsOf(target).includes(anchor) ? undefined : `${link}: no such heading`
}

describe.each(pages.map((page) => [page.file, page] as const))('%s', (_, page) => {
  test('no two headings share an anchor', () => {
    const anchors = anchorsOf(page)
    expect(anchors.filter((anchor, i) => anchors.indexOf(anchor) !== i)).toEqual([])
  })

  test('links lead somewhere', () => {
    expect(
      linksOf(page)
        .map((link) => flawOf(link, page))
        .filter((flaw) => flaw !== undefined),
    ).toEqual([])
  })
})

test('a link that leads nowhere is found', () => {
  const [page] = pages as [Page]
  expect(flawOf('no-such.md', page)).toContain('no such file')
  expect(flawOf(`${posix.relative(posix.dirname(page.file), 'README.md')}#no-such-heading`, page)).toContain(
    'no such heading',
  )
})

test('every page can be reached from the front page', () => {
  const reached = new Set(['README.md'])
  for (const file of reached) {
    const page = pages.find((one) => one.file === file)
    for (const link of page ? linksOf(page) : []) {
      const ours = /github\.com\/express-smile-id\/express-smile-id\/(?:blob|tree)\/main\/([^#]*)/.exec(link)?.[1]
      if (ours === undefined && /^https?:/.test(link)) continue
      const target = ours ?? posix.join(posix.dirname(file), link.replace(/#.*/, ''))
      reached.add(target)
      reached.add(posix.join(target, 'README.md'))
    }
  }
  expect(pages.map(({ file }) => file).filter((file) => !reached.has(file))).toEqual([])
})
