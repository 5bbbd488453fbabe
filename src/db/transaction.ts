// One transaction on one connection, without waiting where nothing depends on the answer. PostgreSQL reads ahead: what is sent while an answer is still
// under way is dealt with in the order in which it was sent. So `begin` travels with the first query, queries that are asked together travel together,
// and a write nobody reads from travels with the commit. If any of them fails, the server takes the whole transaction back.
// Only commands/transact.ts opens one. Reads that need no transaction may travel together on one connection in the same way.

import {
  CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  Transaction,
} from 'kysely'
import type { Schema } from './schema.ts'

/** Takes a write that is on its way; only the commit waits for it. It must be one query: a second one would come after the commit, and is refused. */
export type Write = (sent: Promise<unknown>) => void

/** What kysely wants to know of a database that is already connected; nothing in a transaction asks for it. */
const dialect = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

/** Runs `work` in a transaction: committed when it answers, taken back when it throws or a write failed. */
export function inTransaction<T>(db: Kysely<Schema>, work: (trx: Transaction<Schema>, write: Write) => Promise<T>): Promise<T> {
  const executor = db.getExecutor()
  return executor.provideConnection(async (connection) => {
    const say = (word: 'begin' | 'commit' | 'rollback') => connection.executeQuery<{ command: string }>(CompiledQuery.raw(word))
    const sent: Promise<unknown>[] = []
    const write: Write = (one) => {
      // Whoever waits for the commit hears of it.
      one.catch(() => undefined)
      sent.push(one)
    }
    let open = true
    const trx = new Transaction<Schema>({
      config: { dialect },
      dialect,
      driver: dialect.createDriver(),
      executor: executor.withConnectionProvider({
        provideConnection: async (consumer) => {
          if (!open) throw new Error('a query after the end of its transaction')
          return consumer(connection)
        },
      }),
    })
    write(say('begin'))
    try {
      const done = await work(trx, write)
      open = false
      const ended = say('commit')
      write(ended)
      await Promise.all(sent)
      // PostgreSQL answers "rollback" to the commit of a transaction in which something failed, if nobody minded.
      if ((await ended).rows[0]?.command !== 'COMMIT') throw new Error('a failure in the transaction was overlooked')
      return done
    } catch (error) {
      open = false
      // A connection that was lost takes it back by itself.
      await say('rollback').catch(() => undefined)
      const first = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected')
      throw first?.status === 'rejected' ? first.reason : error
    }
  })
}

/**
 * Lets reads that are asked together travel together, on one connection and without a transaction: each sees what is committed when its turn comes,
 * in the order in which they are asked. Asked of a pool, eight reads would take eight connections and eight writes.
 */
export function onOneConnection<T>(db: Kysely<Schema>, read: (one: Kysely<Schema>) => Promise<T>): Promise<T> {
  const executor = db.getExecutor()
  return executor.provideConnection((connection) => {
    const provideConnection = <R>(consumer: (of: typeof connection) => Promise<R>) => consumer(connection)
    const own = executor.withConnectionProvider({ provideConnection })
    return read(new Kysely<Schema>({ config: { dialect }, dialect, driver: dialect.createDriver(), executor: own }))
  })
}
