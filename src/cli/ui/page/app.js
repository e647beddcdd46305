// Runs in the browser as it is. Delivered data becomes text, never markup.
'use strict'
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
    return element(
      'li',
      { class: verdict === 'not reached' ? 'dim' : verdict },
      element('span', { role: 'img', 'aria-label': label }, mark),
      element('span', {}, name),
      element('span', {}, says),
    )
  })
  return rows.length > 0 ? [element('h3', {}, 'Checks'), element('ol', { class: 'ladder' }, ...rows)] : []
}

const told = (title, text) => [element('h3', {}, title), element('p', {}, text)]
const causeOf = ({ name, because, fix }) =>
  element('div', { class: 'cause' }, ...told('Likely cause: ' + name, because), ...told('What to do', fix))

async function send(wish) {
  const answer = await fetch('send', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(wish),
  })
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
  const summary = element(
    'summary',
    {},
    element('span', { class: 'code ' + (isGood ? 'good' : 'bad') }, code + ' ' + word),
    element('span', {}, what),
    element('span', { class: 'dim' }, (jobId ? jobId + '  ' : '') + path + '  ' + new Date(at).toLocaleTimeString()),
  )
  const details = element(
    'details',
    isGood ? {} : { open: '' },
    summary,
    ...ladder(steps),
    ...(cause ? [causeOf(cause)] : []),
    ...(event ? eventOf(one) : []),
    element('div', { class: 'row' }, again),
  )
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
  line.append(
    element(
      'li',
      state.includes('(final)') ? { class: 'final' } : {},
      element('span', {}, n + '. ' + what + (code === 'duplicate' ? ', again' : '')),
      element('div', { class: 'dim' }, 'then: ' + state),
    ),
  )
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
  one.addEventListener('click', () =>
    send({ what: one.dataset.send, product: byId('product').value, outcome: byId('outcome').value }),
  )
}

const seen = new Set()
const source = new EventSource('events')
source.addEventListener('open', () => {
  status.textContent = 'listening'
})
source.addEventListener('error', () => {
  status.textContent = 'the command was ended, or cannot be reached'
})
source.addEventListener('target', ({ data }) => {
  byId('target').textContent = JSON.parse(data)
})
source.addEventListener('delivery', ({ data }) => {
  const one = JSON.parse(data)
  if (seen.has(one.n)) return
  seen.add(one.n)
  show(one)
})
