import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { ENTRY_TYPES } from '../../src/domain/event.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })

test('the database takes exactly the entry types that the code knows, each from its own process', async () => {
  const rows = await database.connect('owner').selectFrom('entry_type').select(['writer', 'type']).execute()
  const listed = rows.map(({ writer, type }) => `${writer} ${type}`)
  const known = Object.entries(ENTRY_TYPES).flatMap(([writer, types]) => types.map((type) => `${writer} ${type}`))
  assert.deepEqual(listed.sort(), known.sort())
})

test('an entry type says what happened to what, and neither list has one twice', () => {
  for (const types of Object.values(ENTRY_TYPES)) {
    assert.equal(new Set(types).size, types.length)
    for (const type of types) assert.match(type, /^[a-z]+\.[a-z_]+$/)
  }
})

test('an entry type that nobody listed is refused, and nothing is appended', async () => {
  const issuer = database.connect('issuer')
  const append = sql`select append_issuer(gen_random_uuid(), 'request.granted', null, null, '{}'::bytea)`.execute(issuer)
  await assert.rejects(append, { code: '42501' })
  assert.deepEqual(await issuer.selectFrom('entry').select('id').execute(), [])
})
