/** Runs in the browser as it is. Delivered data becomes text, never markup. */
export const script = String.raw`'use strict'
const byId = (id) => document.getElementById(id)
const list = byId('list')
const jobs = byId('joblist')
const status = byId('status')

function element(name, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  if (className) made.className = className
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

const marks = { pass: ['✓', 'passed'], fail: ['✗', 'refused'], 'not reached': ['–', 'not reached'] }

function ladder(steps) {
  const rows = steps.map(({ name, verdict, says }) =>
    element('li', { className: verdict === 'not reached' ? 'dim' : verdict },
      element('span', { text: marks[verdict][0], role: 'img', 'aria-label': marks[verdict][1] }),
      element('span', { text: name }),
      element('span', { text: says })))
  return element('ol', { className: 'ladder' }, ...rows)
}

const causeOf = ({ name, because, fix }) =>
  element('div', { className: 'cause' },
    element('h3', { text: 'Likely cause: ' + name }),
    element('p', { text: because }),
    element('h3', { text: 'What to do' }),
    element('p', { text: fix }))

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  const { error } = await answer.json()
  status.textContent = error ? error : 'sent'
}

function eventOf({ n, event }) {
  const shown = element('pre', { text: JSON.stringify(event, null, 2), tabindex: '0', role: 'region', 'aria-label': 'Event of delivery ' + n })
  const show = element('button', { text: 'Show identity data', type: 'button' })
  show.addEventListener('click', async () => {
    const answer = await fetch('data/' + n)
    shown.textContent = JSON.stringify(await answer.json(), null, 2)
    show.remove()
  })
  return [element('h3', { text: 'The event that handlers get (identity data masked)' }), shown, show]
}

function delivery(one) {
  const { n, at, path, status: code, code: word, what, jobId, steps, cause, event } = one
  const isGood = code >= 200 && code < 300
  const again = element('button', { text: 'Send again', type: 'button', 'aria-label': 'Send again: delivery ' + n })
  again.addEventListener('click', () => post('send', { what: 'again', n }))
  const summary = element('summary', {},
    element('span', { className: 'code ' + (isGood ? 'good' : 'bad'), text: code + ' ' + word }),
    element('span', { text: what }),
    element('span', { className: 'dim', text: (jobId ? jobId + '  ' : '') + path + '  ' + new Date(at).toLocaleTimeString() }))
  const details = element('details', {}, summary, ...(steps.length > 0 ? [element('h3', { text: 'Checks' }), ladder(steps)] : []), ...(cause ? [causeOf(cause)] : []), ...(event ? eventOf(one) : []), element('div', { className: 'row' }, again))
  details.open = !isGood
  return element('li', { 'data-n': String(n), 'data-code': word }, details)
}

const timelines = new Map()

function job({ n, jobId, what, code, state }) {
  if (!timelines.has(jobId)) {
    const line = element('ol', { className: 'timeline' })
    const stands = element('p', {})
    jobs.prepend(element('div', { 'data-job': jobId }, element('h3', { text: jobId }), stands, line))
    timelines.set(jobId, { line, stands })
  }
  const { line, stands } = timelines.get(jobId)
  stands.textContent = 'mergeJob says: ' + state
  line.append(element('li', { className: state.includes('(final)') ? 'final' : '' },
    element('span', { text: n + '. ' + what + (code === 'duplicate' ? ', again' : '') }),
    element('div', { className: 'dim', text: 'then: ' + state })))
}

function show(one) {
  byId('none').hidden = true
  list.prepend(delivery(one))
  while (list.children.length > 200) list.lastElementChild.remove()
  if (one.state) {
    byId('nojobs').hidden = true
    job(one)
  }
}

for (const button of document.querySelectorAll('[data-send]')) {
  button.addEventListener('click', () => post('send', { what: button.dataset.send, product: byId('product').value, outcome: byId('outcome').value }))
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
