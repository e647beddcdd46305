export function missing(what: string, cause?: unknown): void
