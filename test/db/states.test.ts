// The machines of src/domain and the CHECK constraints of the tables hold the same lists: a state that one of them does not know could be stored
// and never left, or moved to and never stored.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { CREDENTIAL_STATES, GRANT_STATES } from '../../src/domain/grant.ts'
import { REQUEST_STATES } from '../../src/domain/request-state.ts'
import { TAGS } from '../../src/domain/tags.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const owner = database.connect('owner')

/** The values that the one CHECK constraint of a column allows. */
async function allowed(table: string, column: string): Promise<string[]> {
  const { rows } = await sql<{ definition: string }>`
    select pg_get_constraintdef(c.oid) as definition
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
    where c.conrelid = ${table}::regclass and c.contype = 'c' and a.attname = ${column}`.execute(owner)
  assert.equal(rows.length, 1, `${table}.${column} has one constraint`)
  const definition = rows[0]?.definition ?? ''
  assert.match(definition, new RegExp(`^CHECK \\(\\(${column} = ANY \\(ARRAY\\[('[a-z_]+'::text(, )?)+\\]\\)\\)\\)$`))
  return [...definition.matchAll(/'([a-z_]+)'/g)].map(([, value = '']) => value).sort()
}
const sorted = (values: readonly string[]) => [...values].sort()

test('a request has exactly the states of its machine', async () => {
  assert.deepEqual(await allowed('request_state', 'state'), sorted(REQUEST_STATES))
})

test('a grant has exactly the states of its machine', async () => {
  assert.deepEqual(await allowed('"grant"', 'state'), sorted(GRANT_STATES))
})

test('a credential has exactly the states of its machine', async () => {
  assert.deepEqual(await allowed('credential', 'state'), sorted(CREDENTIAL_STATES))
})

test('a statement is of exactly the kinds that have a domain tag', async () => {
  const kinds = Object.keys(TAGS).flatMap((tag) => (tag.startsWith('statement/') ? [tag.slice('statement/'.length)] : []))
  assert.deepEqual(await allowed('statement', 'kind'), sorted(kinds))
})
