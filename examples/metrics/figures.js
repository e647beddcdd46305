// Figures for Prometheus: of deliveries, of a worker's attempts, and of what health() says.
import { Counter, Gauge, Histogram } from 'prom-client'

/** Causes by which a genuine delivery is refused before its signature is read: something on its way changed it. */
const onTheWay = new Set([
  'proxy',
  'two_proxies',
  'untrusted_forwarded',
  'address_lost',
  'newer_address',
  'headers_lost',
  'headers_renamed',
  'half_header_pair',
  'signature_lost',
  'timestamp_lost',
  'wrapped_body',
  'lambda_event',
])

/** Whether it looks like Smile ID's: refusals of a scanner's requests page nobody. */
const isGenuine = ({ status, credential, generation, cause }) =>
  status < 300 || status >= 500 || credential !== undefined || generation !== undefined || onTheWay.has(cause)

/** `role`: receiver or worker. `health`: callbacks.health, or that of bullmqWorker or pgBossWorker. */
export function figures(register, role, health) {
  const registers = [register]
  const deliveries = new Counter({
    name: 'smile_id_callbacks_total',
    help: 'Deliveries, by what became of them',
    labelNames: ['code', 'genuine', 'generation', 'product', 'outcome'],
    registers,
  })
  const duration = new Histogram({
    name: 'smile_id_callback_duration_seconds',
    help: 'From receipt to answer',
    labelNames: ['code'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers,
  })
  const age = new Histogram({
    name: 'smile_id_callback_age_seconds',
    help: 'From signature to receipt',
    buckets: [1, 5, 30, 120, 600, 1800, 3600],
    registers,
  })
  const dispatches = new Counter({
    name: 'smile_id_dispatches_total',
    help: "A worker's attempts at stored events, by what became of them",
    labelNames: ['code', 'product', 'outcome', 'last'],
    registers,
  })
  const handledAge = new Histogram({
    name: 'smile_id_handled_age_seconds',
    help: "From signature to the end of a worker's handlers",
    buckets: [1, 5, 30, 120, 600, 1800, 3600, 21600],
    registers,
  })
  const gauge = (name, help, read) =>
    new Gauge({
      name,
      help,
      labelNames: ['role'],
      registers,
      async collect() {
        this.set({ role }, read(await health()))
      },
    })
  gauge('smile_id_ok', '1 while deliveries or events are taken', ({ ok }) => Number(ok))
  gauge('smile_id_under_way', 'Deliveries or events in progress', ({ underWay }) => underWay)
  gauge('smile_id_backlog', 'Stored events that no worker has begun', ({ backlog }) => backlog?.waiting ?? 0)
  gauge(
    'smile_id_backlog_oldest_seconds',
    'Age of the oldest of them',
    ({ backlog }) => (backlog?.oldestMs ?? 0) / 1000,
  )
  gauge('smile_id_dead_letters', 'Stored events whose handlers failed every time', ({ backlog }) => backlog?.dead ?? 0)

  return {
    /** Only words of a closed list become labels: never an id, never anything of a payload. */
    onDelivery(report) {
      const { code, generation = 'none', event, durationMs, receivedAt, signedAt } = report
      const genuine = isGenuine(report) ? 'yes' : 'no'
      deliveries.inc({
        code,
        genuine,
        generation,
        product: event?.product ?? 'none',
        outcome: event?.outcome ?? event?.kind ?? 'none',
      })
      duration.observe({ code }, durationMs / 1000)
      if (signedAt) age.observe((receivedAt - signedAt) / 1000)
    },
    onDispatch({ code, event, isLastTry, ageMs }) {
      dispatches.inc({
        code,
        product: event?.product ?? 'none',
        outcome: event?.outcome ?? event?.kind ?? 'none',
        last: String(isLastTry),
      })
      if (code === 'accepted' && ageMs !== undefined) handledAge.observe(ageMs / 1000)
    },
  }
}
