// Puts a test database back to an older moment as an operator would: a whole copy of it, taken while nobody is connected, later stands in its place under
// the same name. Pools that lead there lose their connections and find the older database by themselves.

import pg from 'pg'
import { createDatabase } from '../../src/db/roles.ts'
import { joinCluster, type TestDatabase } from './database.ts'

export type Snapshot = {
  /** Puts the database back to the moment of the snapshot; as often as wanted. */
  readonly putBack: () => Promise<void>
}
type After = { after(work: () => Promise<void>): void }

/** Takes a copy of a database as it stands. */
export async function takeSnapshot(t: After, database: TestDatabase): Promise<Snapshot> {
  const copy = `${database.name}_${Date.now().toString(36)}`
  await withSuperuser(async (client) => {
    await shut(client, database.name)
    await createDatabase(client, copy, database.name)
    await client.query(`alter database ${pg.escapeIdentifier(database.name)} with allow_connections true`)
  })
  t.after(() => withSuperuser(async (client) => void (await client.query(`drop database ${copy} with (force)`))))
  return {
    putBack: () =>
      withSuperuser(async (client) => {
        await shut(client, database.name)
        await client.query(`drop database ${pg.escapeIdentifier(database.name)} with (force)`)
        await createDatabase(client, database.name, copy)
      }),
  }
}

/** Nobody is in, and nobody gets in. */
async function shut(client: pg.Client, name: string): Promise<void> {
  await client.query(`alter database ${pg.escapeIdentifier(name)} with allow_connections false`)
  for (let left = 1; left > 0; ) {
    const { rowCount } = await client.query(
      'select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
      [name],
    )
    left = rowCount ?? 0
  }
}

async function withSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { cluster } = await joinCluster()
  const client = new pg.Client({ connectionString: cluster.superuser })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
