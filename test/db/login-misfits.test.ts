// A process that was given a login of more than its role does not start: whoever stole that login would have what the role does not give.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { sql } from 'kysely'
import { pino } from 'pino'
import { connect } from '../../src/db/connect.ts'
import { loginMisfits } from '../../src/db/login-misfits.ts'
import { BOT_ROLE, ISSUER_ROLE } from '../../src/db/roles.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const bot = database.connect('bot', { max: 1 })
const superuser = connect(database.superuserUrl, { applicationName: 'test', max: 1, log: pino({ level: 'silent' }) })
after(() => superuser.destroy())
const { rows } = await sql<{ login: string }>`select current_user as login`.execute(bot)
const LOGIN = rows[0]?.login ?? ''

/** What is wrong with the bot's login after a change of the cluster that nobody else sees: it is taken back. */
async function misfitAfter(change: string): Promise<string> {
  let found: readonly string[] = []
  const taken = new Error('taken back')
  await superuser
    .transaction()
    .execute(async (trx) => {
      await sql.raw(change).execute(trx)
      await sql.raw(`set local role ${LOGIN}`).execute(trx)
      found = await loginMisfits(trx, 'DATABASE_URL', BOT_ROLE)
      throw taken
    })
    .catch((error: unknown) => assert.equal(error, taken))
  return found.join()
}

test('each process’s own login is right', async () => {
  assert.deepEqual(await loginMisfits(bot, 'DATABASE_URL', BOT_ROLE), [])
  const issuer = database.connect('issuer', { max: 1 })
  assert.deepEqual(await loginMisfits(issuer, 'ISSUER_DATABASE_URL', ISSUER_ROLE), [])
  assert.equal(await misfitAfter('select 1'), '')
})

test('the other process’s login, the owner’s and a superuser’s are refused, naming variable, login and mend', async () => {
  const issuer = database.connect('issuer', { max: 1 })
  assert.match(
    (await loginMisfits(issuer, 'DATABASE_URL', BOT_ROLE)).join(),
    /^DATABASE_URL logs in as \w+, which is no member of/,
  )
  const owner = database.connect('owner', { max: 1 })
  assert.match(
    (await loginMisfits(owner, 'DATABASE_URL', BOT_ROLE)).join(),
    /is no member of countersign_bot: GRANT countersign_bot TO/,
  )
  assert.match((await loginMisfits(superuser, 'DATABASE_URL', BOT_ROLE)).join(), /has superuser/)
})

describe('the bot’s login is refused that', () => {
  const CHANGES: Readonly<Record<string, readonly [change: string, words: RegExp]>> = {
    'is also the issuer’s': [`grant ${ISSUER_ROLE} to ${LOGIN}`, /also a member of countersign_issuer/],
    'may make roles': [`alter role ${LOGIN} createrole`, /has createrole/],
    'may go around row security': [`alter role ${LOGIN} bypassrls`, /has bypassrls/],
    'may read every table': [`grant pg_read_all_data to ${LOGIN}`, /also a member of pg_read_all_data/],
    'may write evidence': [`grant insert on evidence to ${LOGIN}`, /may do more than countersign_bot, as insert on evidence/],
    'may read one column more': [`grant select (ciphertext) on credential to ${LOGIN}`, /as select on credential\.ciphertext/],
    'may empty a table': [`grant truncate on request to ${LOGIN}`, /as truncate on request/],
    'may write entries of the issuer’s': [`grant execute on function append_issuer to ${LOGIN}`, /as execute on append_issuer/],
    'owns a table': [`alter table wish owner to ${LOGIN}`, /on wish/],
    'may make tables': [`grant create on schema public to ${LOGIN}`, /as create in the schema/],
    'may make schemas': [`grant create on database ${database.name} to ${LOGIN}`, /as create in the database/],
    'is in no role': [`revoke ${BOT_ROLE} from ${LOGIN}`, /is no member of countersign_bot/],
  }
  for (const [name, [change, words]] of Object.entries(CHANGES))
    test(name, async () => assert.match(await misfitAfter(change), words))
})
