export function nodeBinary(version: string): string
