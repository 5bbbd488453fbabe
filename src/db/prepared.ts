// Gives statements names, so that PostgreSQL parses and plans a text once per connection: of a short query that is four fifths of its work. A name is
// one text's for good. There are only so many, because lists of any length make texts without number: what comes later or is long goes unnamed,
// which is slower and nothing else. A migration under a running process can make a prepared statement answer other columns than before. PostgreSQL
// refuses that, one query fails, and from then on every name is a new one.

import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { DatabaseError, type Pool, type PoolClient } from 'pg'

const MOST_NAMES = 512
const MOST_CHARACTERS = 2_000
/** What takes no parameters is planned anew each time unless it has a name; what only opens or ends a transaction needs no plan. */
const READS = /^(?:select|with) /i
/** Where in the server a plan is found to be stale: its error code has many other causes. */
const REVALIDATION = 'RevalidateCachedQuery'

/** What is asked of a connection in one turn leaves in one write, and PostgreSQL reads it in one: a write costs as much as making a query. */
function together({ connection: { stream } }: PoolClient): void {
  if (stream.writableCorked > 0) return
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/** The pool as kysely wants it, its connections got by `take`; queries are prepared statements, but for what takes no plan. */
export function preparing(pool: Pool, take: () => Promise<PoolClient>): PostgresPool {
  const names = new Map<string, string>()
  let era = 0
  const nameOf = (text: string): string | undefined => {
    if (names.size < MOST_NAMES && text.length <= MOST_CHARACTERS && !names.has(text)) names.set(text, `${era}.${names.size}`)
    return names.get(text)
  }
  const query = async (client: PoolClient, text: string, values: readonly unknown[]) => {
    const name = values.length > 0 || READS.test(text) ? nameOf(text) : undefined
    together(client)
    try {
      return await client.query(name === undefined ? { text, values: [...values] } : { name, text, values: [...values] })
    } catch (error) {
      if (error instanceof DatabaseError && error.routine === REVALIDATION) {
        era += 1
        names.clear()
      }
      throw error
    }
  }
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await take()
      return {
        // Without cursors: nothing here reads in parts.
        query: query.bind(undefined, client) as unknown as PostgresPoolClient['query'],
        release: (destroy) => client.release(destroy),
      }
    },
  }
}
