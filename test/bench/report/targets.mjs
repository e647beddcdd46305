// What the library sets itself, as ratios within one run. `gate` is what CI fails at: what has been reached, with a margin
// for a noisy machine; not every target has been (see README.md).
export const targets = {
  '1a': { what: 'HTTP, 2 kB, everything on: throughput against express.raw only', atLeast: 0.9, gate: 0.4 },
  '1b': { what: 'HTTP, 2 kB: against the lean receiver by hand', atLeast: 1, gate: 0.36 },
  '1c': { what: 'HTTP, 2 kB: against stripe', atLeast: 1, gate: 0.48 },
  '2a': { what: 'HTTP, 1.4 MB: against express.json only', atLeast: 1.05 },
  '2b': { what: 'HTTP, 1.4 MB: against stripe', atLeast: 1.7 },
  '2c': { what: 'HTTP, 1.4 MB: against standardwebhooks (svix)', atLeast: 4 },
  '3a': { what: 'decode 2 kB (parse, validate, event): time against JSON.parse and zod of the same schema', atMost: 1.25, gate: 5 },
  '3b': { what: 'decode 60 kB: likewise', atMost: 1.25, gate: 3.6 },
  '4a': { what: 'wrong address, 1.4 MB: throughput against the same refusal after reading', atLeast: 3 },
  '4b': { what: 'bad v3 signature, 1.4 MB: likewise', atLeast: 3 },
  '4c': { what: 'bytes of a refused 1.4 MB body that were read of its socket, most', atMost: 65_536 },
  '5a': { what: 'cost per delivery, 1 to 10 000 job subscriptions: dearest against cheapest', atMost: 1.1, gate: 1.5 },
  '5b': { what: 'cost per delivery, store empty to 10^6 entries: dearest against cheapest', atMost: 1.1, gate: 1.5 },
  '6a': { what: 'import, ms above express + zod + ipaddr.js + raw-body', atMost: 15 },
  '6b': { what: 'package unpacked without the optional parts, kB', atMost: 150 },
  '6c': { what: 'main entry with its chunks, gzipped, without dependencies, kB', atMost: 15 },
  '7': { what: 'memory held after the large bodies above the start, MB', atMost: 20 },
}

/** One target beside what was measured: a `spread`, of which the median counts. `note` says how. */
export function judged(id, measured, note = '') {
  return { id, measured, note, holds: meets(targets[id], measured.median) }
}

export function meets({ atLeast, atMost }, value) {
  return atLeast === undefined ? value <= atMost : value >= atLeast
}

/** Whether a short run passes: the wider margin decides. */
export function passesGate(id, value) {
  const { atLeast, gate } = targets[id]
  return atLeast === undefined ? value <= gate : value >= gate
}
