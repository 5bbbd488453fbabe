// Looks for a secret wherever a whole product keeps or says anything: every row of every table, every file of its folder (PostgreSQL's own among them),
// everything that it printed, everything that Slack was told or shows. A secret is looked for as it stands and in the spellings in which it would
// be kept without anybody meaning it: hexadecimal, and base64 at each of the three offsets.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type Premises, postgresOf, type Running } from './product.ts'
import { slackDriver } from './slack-driver.ts'

/** Where something may stand, by name. */
export type Places = ReadonlyMap<string, Buffer>

/** Every table of every database of the product, as text. */
export async function dumpDatabases(premises: Premises): Promise<Places> {
  const { port, password } = postgresOf(premises.dataDir)
  const places = new Map<string, Buffer>()
  const open = async <T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database })
    await client.connect()
    return work(client).finally(() => client.end())
  }
  const databases = await open('postgres', (client) =>
    client.query<{ name: string }>('select datname as name from pg_database where datallowconn'),
  )
  for (const { name: database } of databases.rows) {
    await open(database, async (client) => {
      const tables = await client.query<{ name: string }>(
        `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
      )
      for (const { name } of tables.rows) {
        const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`)
        const cells = rows.flatMap((row) => Object.values(row).map(bytesOf))
        places.set(`table ${database} ${name}`, Buffer.concat(cells.flatMap((cell) => [cell, Buffer.from('\n')])))
      }
    })
  }
  return places
}

const bytesOf = (value: unknown): Buffer =>
  Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? ''))

/** Every file under the product's folder, PostgreSQL's data, journal and log included. */
export function readFiles(premises: Premises): Places {
  const folders = [premises.dataDir, postgresOf(premises.dataDir).home]
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  return new Map(
    [...new Set(files)].flatMap((file) => {
      try {
        return [[`file ${file}`, readFileSync(file)] as const]
      } catch {
        // PostgreSQL removes files of its own while we read.
        return []
      }
    }),
  )
}

/** Everything that the app has called on Slack, and everything that anybody sees there. */
export async function readSlack(premises: Premises): Promise<Places> {
  const slack = slackDriver(premises.slack)
  const places = new Map([['calls to Slack', Buffer.from(JSON.stringify(await slack.calls()))]])
  // Who is deactivated sees nothing.
  for (const { handle, deactivated } of await slack.people()) {
    if (deactivated) continue
    const person = slack.as(handle)
    const seen = await person.snapshot()
    const messages = await Promise.all(seen.channels.map(({ id }) => person.messages(id)))
    places.set(`what ${handle} sees in Slack`, Buffer.from(JSON.stringify({ ...seen, messages })))
  }
  return places
}

export const readOutput = (running: Running): Places => new Map([['output', Buffer.from(running.out() + running.err())]])

/** The places in which a secret stands, in whatever spelling. */
export function findTraces(secret: string, ...places: readonly Places[]): string[] {
  const bytes = Buffer.from(secret)
  const spellings = [bytes, Buffer.from(bytes.toString('hex')), ...[0, 1, 2].map((offset) => base64At(bytes, offset))]
  return places.flatMap((each) =>
    [...each].filter(([, content]) => spellings.some((spelling) => content.includes(spelling))).map(([name]) => name),
  )
}

/** The part of a base64 text that does not depend on what stands before and after. */
function base64At(bytes: Buffer, offset: number): Buffer {
  const whole = bytes.subarray((3 - offset) % 3)
  return Buffer.from(whole.subarray(0, whole.length - (whole.length % 3)).toString('base64'))
}
