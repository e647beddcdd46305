// Starts the example, posts genuine and forged callbacks to it over HTTP, and shows what became of them.
process.env.QUIET = '1'
const { app, credential, seen } = await import('./app.ts')
const { signDelivery } = await import('express-smile-id/testing')

const v1 = (change, { timestamp, key } = {}) =>
  signDelivery({
    generation: 'v1',
    credential: { ...credential, ...(key && { apiKey: key }) },
    timestamp,
    payload: {
      SmileJobID: '0000056574',
      PartnerParams: { job_id: 'job-1', user_id: 'user-1', job_type: '1', account_id: 'acc-1' },
      ...change,
    },
  })

const document = {
  status: 'clear',
  message: 'Verification successful',
  reason: null,
  product: 'document_verification',
  partner_params: { account_id: 'acc-2' },
  id_fields: { full_name: 'Ada Bello Example', id_number: 'X0000417' },
}
const v3 = (payload = document) => signDelivery({ generation: 'v3', credential, payload, jobId: 'job_01kfr23r1avzzeqksgyjn8sqve' })

const anHourAgo = new Date(Date.now() - 61 * 60_000).toISOString()
const idInfo = { ResultType: 'ID Verification', IsFinalResult: 'true', ResultCode: '1012', ResultText: 'ID Number Validated' }

const posts = [
  ['v1 Biometric KYC, the ID look-up', v1(idInfo), '200'],
  ['v1 Biometric KYC, under review', v1({ ResultCode: '0814', ResultText: 'Provisional Enroll - Under Review' }), '200'],
  ['v1 Biometric KYC, the verdict', v1({ ResultCode: '1210', ResultText: 'Enroll User' }), '200'],
  ['v3 Document Verification', v3(), '200'],
  ['signed with another key', v1({ ResultCode: '0810' }, { key: 'a forger made this' }), '401 signature_mismatch'],
  ['signed 61 minutes ago', v1({ ResultCode: '0810' }, { timestamp: anHourAgo }), '401 timestamp_expired'],
  ['from another address', { ...v3(), from: '203.0.113.9' }, '403 ip_not_allowed'],
  ['over the limit', v3({ ...document, photo: 'x'.repeat(1_572_864) }), '413 body_too_large'],
]

const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${server.address().port}/smile-id`
console.log(`The example listens at ${url}\n`)

const rows = []
for (const [what, { headers, body, from }, expected] of posts) {
  const before = seen.length
  const response = await fetch(url, { method: 'POST', headers: { ...headers, ...(from && { 'X-Forwarded-For': from }) }, body })
  const { error } = await response.json()
  const answer = [response.status, error?.code].filter(Boolean).join(' ')
  const events = seen.slice(before).map(describe)
  rows.push({ what, answer, event: events[0] ?? 'no handler was called', ok: answer === expected })
}
server.close()
server.closeAllConnections()

print(rows)
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1

function describe(event) {
  const said = event.kind === 'result' ? `${event.outcome}${event.final ? '' : ' (not final)'}` : `${event.kind} ${event.idStep}`
  return `${event.product}: ${said}`
}

function print(table) {
  const width = (key) => Math.max(key.length, ...table.map((row) => row[key].length))
  const line = (row) => ['what', 'answer', 'event'].map((key) => row[key].padEnd(width(key))).join('  ')
  console.log(`\n${line({ what: 'POSTED', answer: 'ANSWER', event: 'EVENT' })}`)
  for (const row of table) console.log(line(row).trimEnd() + (row.ok ? '' : '  <- not what was expected'))
}
