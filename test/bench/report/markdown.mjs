// The run as Markdown.
import { cpus, release, totalmem, type } from 'node:os'
import { createRequire } from 'node:module'
import { isPinned } from '../http/cores.mjs'
import { targets } from './targets.mjs'
import { number, withRange } from './stats.mjs'

const packages = ['express', 'zod', 'ipaddr.js', 'raw-body', 'stripe', '@octokit/webhooks', 'standardwebhooks', 'autocannon', 'mitata']

export function head({ windows }) {
  const versions = packages.map((name) => `${name} ${versionOf(name)}`).filter((text) => !text.endsWith(' '))
  return [
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}.`,
    `${versions.join(', ')}.`,
    `The quicker quarter of ${windows} interleaved windows, with the quickest and the middle one in brackets; other parts give medians and ranges. Server and load generator ${isPinned ? 'each on a core of its own' : 'not pinned to cores'}. Figures mean something only beside the others of the same run.`,
  ].join('\n\n')
}

// A package may not export its package.json, so the lock file is asked.
function versionOf(name) {
  const { packages: locked } = createRequire(import.meta.url)('../package-lock.json')
  return locked[`node_modules/${name}`]?.version ?? ''
}

export function partText({ title, notes = [], tables }) {
  return [`## ${title}`, ...notes, ...tables.map(tableText)].join('\n\n')
}

function tableText({ title, columns, rows }) {
  const lines = [`| | ${columns.join(' | ')} |`, `|---|${'---:|'.repeat(columns.length)}`, ...rows.map((row) => `| ${row.join(' | ')} |`)]
  return `### ${title}\n\n${lines.join('\n')}`
}

export function verdictText(judgements) {
  const lines = judgements.map(({ id, measured, note, holds }) => `| ${id} | ${targets[id].what} | ${goal(targets[id])} | ${withRange(measured)} | ${holds ? 'holds' : '**missed**'} | ${note} |`)
  return ['## Targets', ['| | target | goal | measured | | |', '|---|---|---:|---:|---|---|', ...lines].join('\n')].join('\n\n')
}

function goal({ atLeast, atMost }) {
  return atLeast === undefined ? `≤ ${number(atMost)}` : `≥ ${number(atLeast)}`
}
