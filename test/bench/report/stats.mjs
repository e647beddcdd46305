export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function quantile(values, share) {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]
}

/** `{ median, low, high }` of one figure over the rounds. */
export function spread(values) {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) }
}

/** Of the quicker quarter of many windows, since noise only ever adds; the range is from the quickest to the middle one. */
export function quickest(values) {
  return { median: quantile(values, 0.25), low: Math.min(...values), high: median(values) }
}

/** Of two rows of rounds, round by round: what else the machine did in a round fell on both. */
export function ratio(above, below) {
  return spread(above.map((value, round) => value / below[round]))
}

/** Of what each took in its quicker rounds, since noise only ever adds; the range is that of the rounds. */
export function quickRatio(above, below) {
  return { ...ratio(above, below), median: quantile(above, 0.25) / quantile(below, 0.25) }
}

export function number(value) {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value) && value < 1000) return String(value)
  if (value >= 100) return Math.round(value).toLocaleString('en').replaceAll(',', ' ')
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** `median (low–high)` */
export function withRange({ median: middle, low, high }) {
  return `${number(middle)} (${number(low)}–${number(high)})`
}
