// The read-only replica behind the target: a small table of payments in an SQLite of this process, and the few queries that have a name. Nobody
// sends SQL: a token names a query, so what was approved is what runs. After it is filled the database itself refuses every write.

import { DatabaseSync } from 'node:sqlite'
import type { Replica } from './plant.ts'

/** The payments at the moment of the incident: number, state, failure, euros, minutes after 14:00, whether booked. */
const PAYMENTS = [
  ['p-88120', 'settled', null, 129, 1, 1],
  ['p-88121', 'settled', null, 18, 1, 1],
  ['p-88122', 'settled', null, 64, 2, 0],
  ['p-88123', 'failed', 'connection reset', 240, 2, 0],
  ['p-88124', 'failed', 'connection reset', 35, 3, 0],
  ['p-88125', 'authorised', null, 512, 3, 0],
  ['p-88126', 'failed', 'connection reset', 77, 4, 0],
  ['p-88127', 'failed', 'card declined', 19, 5, 0],
  ['p-88128', 'authorised', null, 88, 6, 0],
  ['p-88129', 'failed', 'connection reset', 1250, 7, 0],
] as const

const QUERIES = {
  'payments-by-state': {
    about: 'How many payments are in which state, and for how much',
    sql: 'select state, count(*) as payments, sum(euros) as euros from payment group by state order by payments desc, state',
  },
  'failed-payments': {
    about: 'Why payments failed, and since when',
    sql: `select failure, count(*) as payments, sum(euros) as euros, printf('14:%02d', min(minute)) as first, printf('14:%02d', max(minute)) as last
      from payment where state = 'failed' group by failure order by payments desc`,
  },
  'oldest-unbooked': {
    about: 'The payments that wait longest to be booked',
    sql: `select number, state, euros, printf('14:%02d', minute) as taken
      from payment where booked = 0 and state <> 'failed' order by minute, number limit 5`,
  },
} as const

/** A replica with its fixed rows. */
export function createReplica(): Replica {
  const database = new DatabaseSync(':memory:')
  database.exec(
    'create table payment (number text primary key, state text, failure text, euros integer, minute integer, booked integer) strict',
  )
  const insert = database.prepare('insert into payment values (?, ?, ?, ?, ?, ?)')
  for (const payment of PAYMENTS) insert.run(...payment)
  database.exec('pragma query_only = on')
  return {
    queries: Object.entries(QUERIES).map(([name, { about }]) => ({ name, about })),
    run: (name) => {
      const found = Object.entries(QUERIES).find(([each]) => each === name)
      return (
        found &&
        database
          .prepare(found[1].sql)
          .all()
          .map((row) => ({ ...row }))
      )
    },
  }
}
