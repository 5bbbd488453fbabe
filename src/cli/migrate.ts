// `countersign migrate`: a server that answers and is new enough, then roles, then tables. It alone comes with the login that owns them.

import { connect } from '../db/connect.ts'
import { inspectServer } from '../db/inspect-database.ts'
import { migrate } from '../db/migrate.ts'
import { prepareRoles } from '../db/roles.ts'
import { refuseWhatIsWrong } from '../findings.ts'

type Log = Parameters<typeof migrate>[1]['log']

/** Brings the database up to date; gives what was applied. */
export async function migrateDatabase(url: string, log: Log): Promise<readonly string[]> {
  const db = connect(url, { applicationName: 'countersign migrate', max: 1, log })
  const server = await inspectServer(db, { variable: 'MIGRATE_DATABASE_URL', url }).finally(() => db.destroy())
  refuseWhatIsWrong([server])
  await prepareRoles(url)
  return migrate(url, { log })
}
