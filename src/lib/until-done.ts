/** Runs `act` until it has succeeded once; calls at the same time share one try. */
export function untilDone(act: () => Promise<void>): () => Promise<void> {
  let going: Promise<void> | undefined
  return () => {
    going ??= act().catch((error: unknown) => {
      going = undefined
      throw error
    })
    return going
  }
}
