// Brings a database to this version by the files of migrations/: NNN-name.sql, forward only, each in one transaction of its own.
// Holds alone: what is applied is a beginning of what the folder holds, in order. A database that is newer than the program, or a file put
// in before applied ones, is refused before anything runs. Safe when several start at once: each step is under kysely's migration lock.
// Callers connect as the owner, and the group roles exist already (roles.ts).

import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StartRefused } from '../run.ts'
import { connect, type DatabaseLog } from './connect.ts'
import type { Schema } from './schema.ts'

const FOLDER = new URL('../../migrations/', import.meta.url)
const NAME = /^(\d{3})-[a-z0-9-]+\.sql$/
const TRANSACTION_CONTROL = /^\s*(?:begin|commit|rollback|end|start\s+transaction)\s*;/im

type Script = { readonly name: string; readonly text: string }
/** Kysely's own table of what has run; no other code reads it. */
type Applied = { kysely_migration: { name: string; timestamp: string } }

/** Applies what is missing and gives the names of what this call applied. */
export async function migrate(ownerUrl: string, options: { log: DatabaseLog; folder?: URL }): Promise<string[]> {
  const scripts = await readScripts(options.folder ?? FOLDER)
  const db = connect<Applied>(ownerUrl, {
    applicationName: 'countersign migrate',
    max: 2,
    log: options.log,
    statementTimeoutMs: 0,
  })
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(scripts.map(({ name, text }) => [name, { up: (trx: Kysely<unknown>) => run(trx, text) }])),
    },
  })
  const done: string[] = []
  try {
    for (;;) {
      await refuseOtherHistory(db, scripts)
      const { error, results = [] } = await migrator.migrateUp()
      const name = results[0]?.migrationName
      if (error)
        throw name ? new StartRefused([`Migration ${name} failed and was rolled back: ${(error as Error).message}`]) : error
      if (!name) return done
      options.log.info({ migration: name }, 'migration applied')
      done.push(name)
    }
  } finally {
    await db.destroy()
  }
}

async function run(trx: Kysely<unknown>, text: string): Promise<void> {
  await sql.raw(text).execute(trx)
}

async function readScripts(folder: URL): Promise<Script[]> {
  const files = (await readdir(folder)).sort()
  const problems = files.flatMap((file, index) => {
    const number = NAME.exec(file)?.[1]
    if (!number) return [`migrations/${file} is not named like 001-tables.sql`]
    return files[index - 1]?.startsWith(`${number}-`) ? [`migrations/${file} has the number of ${files[index - 1]}`] : []
  })
  if (problems.length > 0) throw new StartRefused(problems)
  const scripts = await Promise.all(
    files.map(async (file) => ({ name: file.slice(0, -'.sql'.length), text: await readFile(new URL(file, folder), 'utf8') })),
  )
  const ending = scripts.find(({ text }) => TRANSACTION_CONTROL.test(text))
  if (ending)
    throw new StartRefused([`migrations/${ending.name}.sql begins or ends a transaction: each file runs in one of its own`])
  return scripts
}

/** What keeps a process from working on the tables of this database; asked by its own login, which may read what has run. */
export async function migrationMisfits(db: Kysely<Schema>, folder: URL = FOLDER): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((file) => NAME.test(file)).map((file) => file.slice(0, -'.sql'.length))
  const of = db as unknown as Kysely<Applied>
  if (!(await hasHistory(of))) return ['The database has no tables of Countersign yet: run `countersign migrate`.']
  const applied = await readApplied(of).catch((error: unknown): readonly string[] => {
    // Until a migration allows it, a process may not read what has run.
    if (error instanceof Error && 'code' in error && error.code === '42501') return []
    throw error
  })
  const newer = applied.filter((name) => !names.includes(name))
  if (newer.length > 0) return [newerWords(newer)]
  const pending = names.filter((name) => !applied.includes(name)).toSorted()
  if (pending.length === 0) return []
  const lacks = applied.length === 0 ? 'the latest migrations' : pending.join(', ')
  return [`The tables are older than this version of Countersign and lack ${lacks}: run \`countersign migrate\`.`]
}

async function refuseOtherHistory(db: Kysely<Applied>, scripts: readonly Script[]): Promise<void> {
  if (!(await hasHistory(db))) return
  const applied = await readApplied(db)
  const names = new Set(scripts.map(({ name }) => name))
  const unknown = applied.filter((name) => !names.has(name))
  if (unknown.length > 0) throw new StartRefused([newerWords(unknown)])
  const last = applied.at(-1) ?? ''
  const inserted = scripts.find(({ name }) => name < last && !applied.includes(name))
  if (inserted)
    throw new StartRefused([
      `migrations/${inserted.name}.sql comes before ${last}, which is applied already: give it a number after that one.`,
    ])
}

async function hasHistory(db: Kysely<Applied>): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`select to_regclass('kysely_migration') is not null as present`.execute(db)
  return rows[0]?.present === true
}

const readApplied = async (db: Kysely<Applied>): Promise<readonly string[]> =>
  (await db.selectFrom('kysely_migration').select('name').orderBy('name').execute()).map(({ name }) => name)

const newerWords = (names: readonly string[]): string =>
  `The database has migrations that this version of Countersign does not have: ${names.join(', ')}. Start the newer version.`
