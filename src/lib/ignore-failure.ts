/** Of what may be a promise, that it rejects: else nobody would hear it, and Node would end the process. */
export function ignoreFailure(going: unknown): void {
  if (typeof going === 'object' && going !== null) void Promise.resolve(going).catch(() => undefined)
}
