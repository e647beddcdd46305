// What the library sets itself, as ratios within one run. CI gates on `gate`, on the newest Node: the most that short
// runs on busy machines have shown, and some more; decisions.md says how the targets stand.
const onNode24 = Number(process.versions.node.split('.')[0]) >= 24

/** From Node 24 on, what the floor and the peers do takes less, and the gates are wider. */
const against = (what, atMost, gate, from24 = gate) => ({ what: `CPU of ${what}`, atMost, gate: onNode24 ? from24 : gate })

export const targets = {
  '1a': against('2 kB, against the floor: all of it by hand', onNode24 ? 1.1 : 1.05, 1.3, 1.6),
  '1b': against('2 kB, against stripe with equal work', 1, 1.3, 1.55),
  '1c': against('2 kB, against svix with equal work', 1, 1.3, 1.5),
  '1d': against('2 kB, against octokit with the same promises', 1, 1.35, 1.5),
  '2a': against('60 kB, against the floor', 1.05, 1.2),
  '2b': against('1.4 MB, against the floor', 0.9, 1.25, 1.6),
  '2c': against('v3 0.6 kB, against the lean receiver', 1.2, 2, 3.2),
  '2d': against('a duplicate of 2 kB, against the floor', 1.05, 1.45, 1.6),
  '3': { what: 'allocated for each delivery of 2 kB, kB', atMost: 45, gate: 72 },
  '4a': { what: 'longest hold of the event loop by a signed body at the limit, ms', atMost: 20 },
  '4b': { what: 'longest hold of the event loop by an unsigned body at the limit, ms', atMost: 10 },
  '5a': { what: 'cost per delivery, 1 to 10 000 job subscriptions: dearest against cheapest', atMost: 1.1, gate: 1.35 },
  '5b': { what: 'cost per delivery, store empty to 10^6 entries: dearest against cheapest', atMost: 1.1, gate: 1.35 },
  '6a': { what: 'import, ms above express + zod + ipaddr.js + raw-body', atMost: 15 },
  '6b': { what: 'package unpacked without the optional parts, kB', atMost: 150 },
  '6c': { what: 'main entry with its chunks, gzipped, without dependencies, kB', atMost: 15 },
  '7': { what: 'memory held after the large bodies above the start, MB', atMost: 20 },
  '8a': { what: 'wrong address, 1.4 MB: throughput against the same refusal after reading', atLeast: 3 },
  '8b': { what: 'bad v3 signature, 1.4 MB: likewise', atLeast: 3 },
  '8c': { what: 'bytes of a refused 1.4 MB body that were read of its socket, most', atMost: 65_536 },
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
