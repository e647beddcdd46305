/** Schedules of another seed are others. */
export const seed = Number(process.env['SIMULATE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const bySeed = Number(process.env['SIMULATE_SCHEDULES'] ?? 90_000)
/** How many schedules by seed: a world of all sorts costs five times as much as one of three callbacks. */
export const schedules = { ofThree: Math.ceil((bySeed / 6) * 5), ofAllSorts: Math.ceil(bySeed / 6) }

/** Whether larger worlds are searched whole, for minutes. */
export const isLong = process.env['SIMULATE_LARGER'] !== undefined

export const say = (text: string): void => void process.stdout.write(`${text}\n`)
