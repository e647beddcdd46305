import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

// The language of comments and messages. A limit above 0 is what stands today: lower it, never raise it.

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }))

/** The comments of a source without their marks; lines of `//` that follow each other are one comment. */
function commentsOf(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found = new Map<number, number>()
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return
    const children = node.getChildren(source)
    if (children.length === 0)
      for (const { pos, end } of [
        ...(ts.getLeadingCommentRanges(text, node.pos) ?? []),
        ...(ts.getTrailingCommentRanges(text, node.end) ?? []),
      ])
        found.set(pos, end)
    children.forEach(visit)
  }
  visit(source)
  let last = -1
  const comments: string[] = []
  for (const [pos, end] of [...found].sort(([a], [b]) => a - b)) {
    const comment = text.slice(pos, end)
    const goesOn = comment.startsWith('//') && last >= 0 && /^[ \t]*\n[ \t]*$/.test(text.slice(last, pos))
    if (goesOn) comments.push(`${comments.pop() ?? ''} ${comment.slice(2).trim()}`)
    else
      comments.push(
        comment
          .replace(/^\/\*+|^\/\/|\*\/$/g, '')
          .replace(/\n\s*\*/g, ' ')
          .replace(/\s+/g, ' ')
          .trim(),
      )
    last = comment.startsWith('//') ? end : -1
  }
  return comments
}

const comments = sources.flatMap(({ file, text }) => commentsOf(file, text).map((comment) => ({ file, comment })))
const matching = (pattern: RegExp): string[] =>
  comments.filter(({ comment }) => pattern.test(comment)).map(({ file, comment }) => `${file}: ${comment.slice(0, 80)}`)

test('comments begin with a verb or a noun', () => {
  const found = matching(/^(?:What|Whatever|Of|Whether|Who|Whoever|Whose|Which)\b/)
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(0)
})

test('a string is called a string, and an array an array', () => {
  const found = matching(/\b(?:an? empty text|as texts?|a list of texts|texts alone)\b/)
  expect(found.length, found.join('\n')).toBeLessThanOrEqual(0)
})

test('messages and comments name who acts', () => {
  const found = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/\b(?:nobody|somebody|whoever|anybody)\b/gi)].map(() => file),
  )
  expect(found.length, found.join(', ')).toBeLessThanOrEqual(1)
})

test('the comments are found', () => {
  expect(commentsOf('x.ts', '// one\n// two\nconst a = 1 // three\n/** four\n * five */\nconst b = 2\n')).toEqual([
    'one two',
    'three',
    'four five',
  ])
})

test('each catch that drops its error says why', () => {
  const silent = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/catch \{\n(?!\s*\/\/)/g)].map(
      ({ index }) => `${file}:${text.slice(0, index).split('\n').length}`,
    ),
  )
  expect(silent).toEqual([])
})
