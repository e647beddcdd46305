import type { SqlLike } from './pg-boss-like.ts'

// Any number of ours: it keeps these advisory locks apart from those of others.
const ours = 546_271_040

/**
 * Whether this process is the one that makes a queue. The lock is the session's, so that a process that dies gives it
 * back. Where nobody can be asked everyone may: then they only get into each other's way.
 */
export async function takeTurn(db: SqlLike | undefined, name: string): Promise<boolean> {
  if (!db) return true
  try {
    const answer = await db.executeSql('SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine', [ours, name])
    return (answer?.rows[0] as { mine?: boolean } | undefined)?.mine !== false
  } catch {
    return true
  }
}

/** Gives the turn back, if the pool hands out the same session; otherwise it ends with that session. */
export async function endTurn(db: SqlLike | undefined, name: string): Promise<void> {
  try {
    await db?.executeSql('SELECT pg_advisory_unlock($1, hashtext($2))', [ours, name])
  } catch {
    // As above.
  }
}
