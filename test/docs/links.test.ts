import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { own, prose } from './readme.ts'

const headings = [...prose.matchAll(/^(#+) (.*)$/gm)].map(({ 1: level = '', 2: title = '' }) => ({ level: level.length, title, anchor: anchorOf(title) }))
const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: target = '' }) => target)

/** As GitHub and npm make them: of two headings alike only the first would be found, so there are none. */
function anchorOf(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
}

test('no two headings share an anchor', () => {
  const anchors = headings.map(({ anchor }) => anchor)
  expect(anchors.filter((anchor, i) => anchors.indexOf(anchor) !== i)).toEqual([])
})

test('links within the page lead to a heading', () => {
  const within = links.filter((link) => link.startsWith('#'))
  expect(within.length).toBeGreaterThan(40)
  expect(within.filter((link) => !headings.some(({ anchor }) => link === `#${anchor}`))).toEqual([])
})

test('links to files lead to one', () => {
  const files = links.filter((link) => !link.startsWith('#') && !/^https?:/.test(link))
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter((link) => !existsSync(own(link.replace(/#.*/, ''))))).toEqual([])
})

test('the contents list has every page, in order', () => {
  const pages = headings.filter(({ level }) => level === 2).map(({ anchor }) => anchor)
  const listed = [...prose.matchAll(/^\d+\. \[[^\]]+\]\(#([^)]+)\)/gm)].map(({ 1: anchor }) => anchor).filter((anchor) => pages.includes(anchor ?? ''))
  expect(listed).toEqual(pages)
})
