import { products } from '../../types/names.ts'
import { playedOutcomes } from './player.ts'

const options = (names: readonly string[], chosen: string): string =>
  names.map((name) => `<option${name === chosen ? ' selected' : ''}>${name}</option>`).join('')

/** Holds no delivered data: the script adds that, never as markup. */
export const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>express-smile-id</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="app.js" defer></script>
</head>
<body>
<header>
<h1>express-smile-id</h1>
<p>Deliver to <code id="target"></code></p>
<p id="status" role="status" class="dim">connecting</p>
</header>
<main>
<section class="controls" aria-labelledby="send">
<h2 id="send">Send</h2>
<label>Product<select id="product">${options(
  products.filter((name) => name !== 'unknown'),
  'biometric_kyc',
)}</select></label>
<label>Ends<select id="outcome">${options(playedOutcomes, 'approved')}</select></label>
<button type="button" data-send="next">Next callback</button>
<button type="button" data-send="duplicate">Duplicate</button>
<button type="button" data-send="forgery">Forgery</button>
<button type="button" data-send="out_of_order">Out of order</button>
</section>
<section aria-labelledby="deliveries">
<h2 id="deliveries">Deliveries</h2>
<p id="none" class="dim">None yet. Send one, or let Smile ID deliver to the address above.</p>
<ol id="list" class="deliveries"></ol>
</section>
<section aria-labelledby="jobs">
<h2 id="jobs">Jobs</h2>
<p id="nojobs" class="dim">A job appears with its first callback.</p>
<div id="joblist"></div>
</section>
</main>
</body>
</html>
`

/** Runs in the browser as it is. Delivered data becomes text, never markup. */
export const script = String.raw`'use strict'
const byId = (id) => document.getElementById(id)
const status = byId('status')

/** Strings among the children become text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

function button(text, attributes, act) {
  const made = element('button', { type: 'button', ...attributes }, text)
  made.addEventListener('click', () => act(made))
  return made
}

const marks = { pass: ['✓', 'passed'], fail: ['✗', 'refused'], 'not reached': ['–', 'not reached'] }

function ladder(steps) {
  const rows = steps.map(({ name, verdict, says }) => {
    const [mark, label] = marks[verdict]
    return element('li', { class: verdict === 'not reached' ? 'dim' : verdict },
      element('span', { role: 'img', 'aria-label': label }, mark), element('span', {}, name), element('span', {}, says))
  })
  return rows.length > 0 ? [element('h3', {}, 'Checks'), element('ol', { class: 'ladder' }, ...rows)] : []
}

const told = (title, text) => [element('h3', {}, title), element('p', {}, text)]
const causeOf = ({ name, because, fix }) =>
  element('div', { class: 'cause' }, ...told('Likely cause: ' + name, because), ...told('What to do', fix))

async function send(wish) {
  const answer = await fetch('send', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wish) })
  status.textContent = (await answer.json()).error || 'sent'
}

function eventOf({ n, event }) {
  const json = (value) => JSON.stringify(value, null, 2)
  const shown = element('pre', { tabindex: '0', role: 'region', 'aria-label': 'Event of delivery ' + n }, json(event))
  const show = button('Show identity data', {}, async (made) => {
    shown.textContent = json(await (await fetch('data/' + n)).json())
    made.remove()
  })
  return [element('h3', {}, 'The event that handlers get (identity data masked)'), shown, show]
}

function delivery(one) {
  const { n, at, path, status: code, code: word, what, jobId, steps, cause, event } = one
  const isGood = code >= 200 && code < 300
  const again = button('Send again', { 'aria-label': 'Send again: delivery ' + n }, () => send({ what: 'again', n }))
  const summary = element('summary', {},
    element('span', { class: 'code ' + (isGood ? 'good' : 'bad') }, code + ' ' + word),
    element('span', {}, what),
    element('span', { class: 'dim' }, (jobId ? jobId + '  ' : '') + path + '  ' + new Date(at).toLocaleTimeString()))
  const details = element('details', isGood ? {} : { open: '' }, summary, ...ladder(steps), ...(cause ? [causeOf(cause)] : []),
    ...(event ? eventOf(one) : []), element('div', { class: 'row' }, again))
  return element('li', { 'data-n': n, 'data-code': word }, details)
}

const timelines = new Map()

function job({ n, jobId, what, code, state }) {
  if (!timelines.has(jobId)) {
    const line = element('ol', { class: 'timeline' })
    const stands = element('p', {})
    byId('joblist').prepend(element('div', { 'data-job': jobId }, element('h3', {}, jobId), stands, line))
    timelines.set(jobId, { line, stands })
  }
  const { line, stands } = timelines.get(jobId)
  stands.textContent = 'mergeJob says: ' + state
  line.append(element('li', state.includes('(final)') ? { class: 'final' } : {},
    element('span', {}, n + '. ' + what + (code === 'duplicate' ? ', again' : '')),
    element('div', { class: 'dim' }, 'then: ' + state)))
}

function show(one) {
  const list = byId('list')
  byId('none').hidden = true
  list.prepend(delivery(one))
  while (list.children.length > 200) list.lastElementChild.remove()
  if (!one.state) return
  byId('nojobs').hidden = true
  job(one)
}

for (const one of document.querySelectorAll('[data-send]')) {
  one.addEventListener('click', () => send({ what: one.dataset.send, product: byId('product').value, outcome: byId('outcome').value }))
}

const seen = new Set()
const source = new EventSource('events')
source.addEventListener('open', () => { status.textContent = 'listening' })
source.addEventListener('error', () => { status.textContent = 'the command was ended, or cannot be reached' })
source.addEventListener('target', ({ data }) => { byId('target').textContent = JSON.parse(data) })
source.addEventListener('delivery', ({ data }) => {
  const one = JSON.parse(data)
  if (seen.has(one.n)) return
  seen.add(one.n)
  show(one)
})
`

/** Light and dark by the system's setting; one column on a phone. */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --card: #f4f5f7; --line: #c9ced6; --text: #16191d; --dim: #4f5864; --good: #0b6b2f; --bad: #a8161c; --mark: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171b; --card: #1e2329; --line: #3d4550; --text: #eceff3; --dim: #aab4c0; --good: #63d48b; --bad: #ff9a94; --mark: #8cc2ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
h3 { font-size: .95rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: .25rem 0; padding: .75rem; max-height: 22rem; overflow: auto; white-space: pre-wrap; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; }
main { display: grid; gap: 1rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; min-width: 0; }
.controls { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.controls h2 { flex-basis: 100%; margin: 0; }
label { display: grid; gap: .2rem; font-size: .875rem; color: var(--dim); }
select, button { font: inherit; min-height: 2.5rem; padding: .3rem .8rem; color: var(--text); background: var(--back); border: 1px solid var(--dim); border-radius: .4rem; max-width: 100%; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
ol { list-style: none; margin: 0; padding: 0; }
.deliveries > li + li { margin-top: .5rem; }
details { background: var(--back); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .75rem; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.dim { color: var(--dim); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.code { font-weight: 600; }
.ladder li { display: grid; grid-template-columns: 1.5rem 6rem minmax(0, 1fr); gap: .25rem; border-left: 3px solid var(--line); padding: .1rem 0 .1rem .6rem; overflow-wrap: anywhere; }
.ladder li.pass { border-color: var(--good); }
.ladder li.fail { border-color: var(--bad); font-weight: 600; }
.cause { border-left: 4px solid var(--bad); padding: .25rem .75rem; margin: .75rem 0; }
.timeline { border-left: 3px solid var(--line); margin: .25rem 0 1rem .4rem; padding-left: 1rem; }
.timeline li { position: relative; padding: .2rem 0; }
.timeline li::before { content: ''; position: absolute; left: -1.45rem; top: .7rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--dim); }
.timeline li.final::before { background: var(--good); }
.row { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; }
@media (max-width: 50rem) { main { grid-template-columns: minmax(0, 1fr); } .ladder li { grid-template-columns: 1.5rem 5rem minmax(0, 1fr); } }
`
