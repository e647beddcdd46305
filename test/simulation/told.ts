/** Says something of a run to whoever started it. */
export const told = (text: string): void => void process.stdout.write(`${text}\n`)
