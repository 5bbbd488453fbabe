// Waiting for what comes about elsewhere: no pause of a guessed length, and patience enough for a machine that does much else at once.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 40_000
const LOOK_MS = 20

/** Looks until it is so; fails when it never is. */
export async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  for (const late = performance.now() + PATIENCE_MS; !(await look()); await delay(LOOK_MS))
    assert.ok(performance.now() < late, `waited in vain for ${what}`)
}
