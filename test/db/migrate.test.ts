import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { pino } from 'pino'
import { migrate } from '../../src/db/migrate.ts'
import { createTestDatabase } from '../support/database.ts'

const log = pino({ level: 'silent' })

async function folderOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-migrations-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return pathToFileURL(`${folder}/`)
}

const emptyDatabase = (t: TestContext) => createTestDatabase(t, { migrated: false })
const first = { '001-one.sql': 'create table one (n int); insert into one values (1);' }

test('four starts at once apply every migration exactly once', async (t) => {
  const database = await emptyDatabase(t)
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.ownerUrl, { log })))
  const files = await readdir(new URL('../../migrations/', import.meta.url))
  assert.ok(files.length > 0)
  assert.deepEqual(applied.flat().sort(), files.map((file) => file.replace('.sql', '')).sort())
  assert.deepEqual(await migrate(database.ownerUrl, { log }), [])
})

test('a migration that fails leaves nothing of itself and all of those before it', async (t) => {
  const database = await emptyDatabase(t)
  const folder = await folderOf(t, { ...first, '002-two.sql': 'create table two (n int); insert into nowhere values (1);' })
  await assert.rejects(
    migrate(database.ownerUrl, { log, folder }),
    /Migration 002-two failed and was rolled back: relation "nowhere" does not exist/,
  )
  const { rows } = await sql`select to_regclass('one')::text as one, to_regclass('two')::text as two`.execute(
    database.connect('owner'),
  )
  assert.deepEqual(rows, [{ one: 'one', two: null }])
})

test('a database that is newer than the program is refused', async (t) => {
  const database = await emptyDatabase(t)
  await migrate(database.ownerUrl, { log, folder: await folderOf(t, { ...first, '002-two.sql': 'select 1' }) })
  const older = await folderOf(t, first)
  await assert.rejects(
    migrate(database.ownerUrl, { log, folder: older }),
    /migrations that this version of Countersign does not have: 002-two\./,
  )
})

test('a migration put in before applied ones is refused before it runs', async (t) => {
  const database = await emptyDatabase(t)
  await migrate(database.ownerUrl, { log, folder: await folderOf(t, { ...first, '003-three.sql': 'select 1' }) })
  const folder = await folderOf(t, { ...first, '002-two.sql': 'create table two (n int)', '003-three.sql': 'select 1' })
  await assert.rejects(
    migrate(database.ownerUrl, { log, folder }),
    /migrations\/002-two\.sql comes before 003-three, which is applied already/,
  )
  const { rows } = await sql`select to_regclass('two')::text as two`.execute(database.connect('owner'))
  assert.deepEqual(rows, [{ two: null }])
})

test('a file that ends the transaction it runs in is refused', async (t) => {
  const database = await emptyDatabase(t)
  const folder = await folderOf(t, { '001-one.sql': 'create table one (n int);\ncommit;\nselect 1/0;' })
  await assert.rejects(migrate(database.ownerUrl, { log, folder }), /migrations\/001-one\.sql begins or ends a transaction/)
})

test('the migrations are numbered without a gap', async () => {
  const files = (await readdir(new URL('../../migrations/', import.meta.url))).sort()
  assert.deepEqual(
    files.map((file) => Number(file.slice(0, 3))),
    files.map((_, index) => index + 1),
  )
})

test('a stray file and a number given twice are refused, all at once', async (t) => {
  const database = await emptyDatabase(t)
  const folder = await folderOf(t, { ...first, '001-uno.sql': 'select 1', 'notes.txt': '' })
  await assert.rejects(migrate(database.ownerUrl, { log, folder }), (error: Error) => {
    assert.match(error.message, /migrations\/001-uno\.sql has the number of 001-one\.sql/)
    assert.match(error.message, /migrations\/notes\.txt is not named like 001-tables\.sql/)
    return true
  })
})
