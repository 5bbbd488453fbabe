// Every passkey of the directory, for the page where administrators look after them.

import type { Kysely } from 'kysely'
import type { PasskeyRow } from '../passkeys.ts'
import type { Schema } from '../schema.ts'

export const findAllPasskeys = (db: Kysely<Schema>): Promise<PasskeyRow[]> =>
  db.selectFrom('passkey').selectAll().orderBy('person').orderBy('enrolled_at').orderBy('thumbprint').limit(5000).execute()
