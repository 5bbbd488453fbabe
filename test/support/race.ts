// Two acts at once, on real connections to a real PostgreSQL. The order is forced without any hook in the code: a third connection holds what both must lock
// until the server says that the first waits, then the second; locks are given in the order of asking. Beside both forced orders each race is
// run freely a few times. Whatever happens must be exactly one of the outcomes that the test names; a deadlock anywhere fails it.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import pg from 'pg'
import type { Outcome } from '../../src/domain/refusal.ts'
import { openWorld, type World } from './world.ts'

const FREE_RUNS = 6
const GIVE_UP_MS = 20_000

/** What one act came to: `ok`, or the reason of its refusal. */
export const came = (outcome: Outcome<object>): string => (outcome.ok ? 'ok' : outcome.refusal.reason)

export type Referee = {
  /** Runs acts that wait for each other in this order; `lock` is the statement by which the referee holds them back. */
  readonly inOrder: (lock: string, values: readonly unknown[], acts: readonly (() => Promise<string>)[]) => Promise<string[]>
  /** Runs one act up to a lock on a table, then another to its end, then the rest of the first. */
  readonly between: (lock: string, first: () => Promise<string>, second: () => Promise<string>) => Promise<string[]>
  /** Until the server says that so many wait for a lock. */
  readonly untilWaiting: (count: number) => Promise<void>
}

/** A world with a referee. At the end of the file it holds that nobody was ever in a deadlock. */
export async function openRacingWorld(): Promise<{ readonly world: World; readonly referee: Referee }> {
  let close: (() => Promise<void>) | undefined
  // Before the world, whose own end drops the database.
  after(() => close?.())
  const world = await openWorld({ after })
  const connected = async () => {
    const client = new pg.Client({ connectionString: world.database.superuserUrl })
    await client.connect()
    return client
  }
  // Inside a transaction the server would show the same activity for ever: who looks is not who holds.
  const [client, watcher] = await Promise.all([connected(), connected()])
  close = async () => {
    const { rows } = await watcher.query('select deadlocks from pg_stat_database where datname = current_database()')
    await Promise.all([client.end(), watcher.end()])
    assert.equal(Number(rows[0]?.deadlocks), 0, 'deadlocks')
  }
  const untilWaiting = async (count: number): Promise<void> => {
    const late = Date.now() + GIVE_UP_MS
    for (;;) {
      const { rows } = await watcher.query(
        `select count(*) as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      )
      if (Number(rows[0]?.waiting) >= count) return
      if (Date.now() > late) throw new Error(`${rows[0]?.waiting} of ${count} wait for the lock`)
      await turn()
    }
  }
  const holding = async <T>(lock: string, values: readonly unknown[], during: () => Promise<T>): Promise<T> => {
    await client.query('begin')
    try {
      await client.query(lock, [...values])
      return await during()
    } finally {
      await client.query('commit')
    }
  }
  const referee: Referee = {
    untilWaiting,
    inOrder: async (lock, values, acts) => {
      const begun = await holding(lock, values, async () => {
        const running: Promise<string>[] = []
        for (const act of acts) {
          running.push(act())
          await untilWaiting(running.length)
        }
        return { running }
      })
      return Promise.all(begun.running)
    },
    between: async (lock, first, second) => {
      const { running, ended } = await holding(lock, [], async () => {
        const running = first()
        await untilWaiting(1)
        return { running, ended: await second() }
      })
      return [await running, ended]
    },
  }
  return { world, referee }
}

export type Race<G extends { readonly requestId: string }> = {
  readonly given: () => Promise<G>
  readonly left: (given: G) => Promise<() => Promise<string>>
  readonly right: (given: G) => Promise<() => Promise<string>>
  /** How the world stands after it, in a few words. */
  readonly stands: (given: G) => Promise<string>
  /** `left, right, stands`: what may come of it when left is first, and when right is; a free run may end like either. */
  readonly leftFirst: readonly (readonly [left: string, right: string, stands: string])[]
  readonly rightFirst: readonly (readonly [left: string, right: string, stands: string])[]
}

export const ROW = 'select from request_state where request_id = $1 for update'

/** Registers a race: both orders forced, and free runs. What both acts sign is signed before either is begun. */
export function race<G extends { readonly requestId: string }>(referee: Referee, name: string, of: Race<G>): void {
  const outcome = async (given: G, [left = '', right = '']: readonly string[]) => [left, right, await of.stands(given)] as const
  const isOneOf = (got: readonly string[], allowed: Race<G>['leftFirst']) =>
    assert.ok(
      allowed.some((each) => each.every((word, at) => word === got[at])),
      `${got.join(' | ')} is none of: ${allowed.map((each) => each.join(' | ')).join(' or ')}`,
    )
  describe(name, () => {
    test('the first one first', async () => {
      const given = await of.given()
      const acts = [await of.left(given), await of.right(given)]
      isOneOf(await outcome(given, await referee.inOrder(ROW, [given.requestId], acts)), of.leftFirst)
    })
    test('the second one first', async () => {
      const given = await of.given()
      const [left, right] = [await of.left(given), await of.right(given)]
      const [second = '', first = ''] = await referee.inOrder(ROW, [given.requestId], [right, left])
      isOneOf(await outcome(given, [first, second]), of.rightFirst)
    })
    test(`${FREE_RUNS} times as it comes`, async () => {
      for (let run = 0; run < FREE_RUNS; run += 1) {
        const given = await of.given()
        const acts = [await of.left(given), await of.right(given)]
        const results = await Promise.all(acts.map((act) => jittered(act)))
        isOneOf(await outcome(given, results), [...of.leftFirst, ...of.rightFirst])
      }
    })
  })
}

/** Begins an act after a few turns of the event loop. */
async function jittered<T>(act: () => Promise<T>): Promise<T> {
  for (let turns = Math.floor(Math.random() * 20); turns > 0; turns -= 1) await turn()
  return act()
}
