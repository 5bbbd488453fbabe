// What a process finds in its database before it serves: the real questions to a real server, and the judgement of versions by their numbers.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { connect } from '../../src/db/connect.ts'
import { inspectDatabase, inspectServer, versionMisfits } from '../../src/db/inspect-database.ts'
import { BOT_ROLE } from '../../src/db/roles.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const login = { variable: 'DATABASE_URL', url: database.botUrl, role: BOT_ROLE }

test('a database that is right is well in every part, and its server says its version', async () => {
  const findings = await inspectDatabase(database.connect('bot'), login)
  assert.deepEqual(
    findings.map(({ part, problems }) => [part, ...problems]),
    [['database'], ['login'], ['migrations']],
  )
  assert.match(findings[0]?.well ?? '', /^PostgreSQL \d+(\.\d+)?\b.* answers\.$/)
})

test('PostgreSQL 15 and older are refused in words, 16 and newer are not', () => {
  for (const [number, version] of [
    [90_624, '9.6.24'],
    [150_099, '15.99'],
    [159_999, '15.9999'],
  ] as const)
    assert.deepEqual(versionMisfits(number, version, 'DATABASE_URL'), [
      `DATABASE_URL: the database is PostgreSQL ${version}, and Countersign needs 16 or newer: upgrade it.`,
    ])
  for (const number of [160_000, 170_002, 180_004]) assert.deepEqual(versionMisfits(number, 'new', 'DATABASE_URL'), [])
})

test('a server that is away is waited for as long as was said and then told as what may pass', async (t) => {
  const url = 'postgres://somebody:s3cr3t@127.0.0.1:9/countersign'
  const db = connect(url, { applicationName: 'test', max: 1, log: pino({ level: 'silent' }) })
  t.after(() => db.destroy())
  const began = performance.now()
  const found = await inspectServer(db, { variable: 'DATABASE_URL', url }, 600)
  assert.ok(performance.now() - began >= 600)
  assert.equal(found.passes, true)
  assert.match(
    found.problems.join(),
    /^DATABASE_URL: the database at 127\.0\.0\.1:9 cannot be used \(nothing listens there\): start it/,
  )
})
