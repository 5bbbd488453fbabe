// What a process must find in its database before it serves: a server that answers, new enough, a login that is its role and nothing more, and exactly the
// migrations of this program. A server that is only away is waited for a little, because it often starts beside us; what it refuses is told at once.

import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { type Finding, judged } from '../findings.ts'
import { loginMisfits } from './login-misfits.ts'
import { migrationMisfits } from './migrate.ts'
import type { Schema } from './schema.ts'

const OLDEST = 160_000
const PATIENCE_MS = 10_000
const PAUSE_MS = 250

export type Login = {
  /** The variable that holds the URL, for sentences. */
  readonly variable: string
  readonly url: string
  /** The group role that the login must be a member of. */
  readonly role: string
}

/** Server, login and migrations, one after the other: each is looked at only when those before it are well. */
export async function inspectDatabase(db: Kysely<Schema>, login: Login, patienceMs = PATIENCE_MS): Promise<readonly Finding[]> {
  const server = await inspectServer(db, login, patienceMs)
  if (server.problems.length > 0) return [server]
  const { variable, role } = login
  const beyond = await loginMisfits(db, variable, role)
  const asRole = judged('login', beyond, `${variable} is a member of ${role} and nothing more.`)
  if (beyond.length > 0) return [server, asRole]
  const pending = await migrationMisfits(db)
  return [server, asRole, judged('migrations', pending, 'The tables are those of this version.')]
}

/** Whether a server answers, lets this login in and is new enough. */
export async function inspectServer(
  db: Kysely<Schema>,
  { variable, url }: Pick<Login, 'variable' | 'url'>,
  patienceMs = PATIENCE_MS,
): Promise<Finding> {
  const late = Date.now() + patienceMs
  for (;;) {
    try {
      const { rows } = await sql<{ number: number; version: string }>`
        select current_setting('server_version_num')::int as number, current_setting('server_version') as version`.execute(db)
      const { number = 0, version = 'unknown' } = rows[0] ?? {}
      return judged('database', versionMisfits(number, version, variable), `PostgreSQL ${version} answers.`)
    } catch (error) {
      const trouble = troubleOf(error)
      if (trouble.passes && Date.now() < late) await delay(PAUSE_MS)
      else return { part: 'database', problems: [`${variable}: ${sentence('database', url, trouble)}`], passes: trouble.passes }
    }
  }
}

/** What is wrong with a server of this version. */
export const versionMisfits = (number: number, version: string, variable: string): readonly string[] =>
  number >= OLDEST ? [] : [`${variable}: the database is PostgreSQL ${version}, and Countersign needs 16 or newer: upgrade it.`]

type Trouble = { readonly what: string; readonly mend: string; readonly passes: boolean }

const AWAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke the connection',
  ENOTFOUND: 'nobody knows this host',
  EAI_AGAIN: 'its host cannot be looked up now',
  ETIMEDOUT: 'it does not answer in time',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ENOENT: 'there is no such socket',
  '57P01': 'it is shutting down',
  '57P02': 'it is shutting down',
  '57P03': 'it is starting or shutting down',
  '53300': 'it has no connection left',
  '53100': 'its disk is full',
}

function troubleOf(error: unknown): Trouble {
  const { message } = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const away = AWAY[code] ?? (/timeout|terminated unexpectedly/i.test(message) ? 'it does not answer' : undefined)
  if (away !== undefined) return { what: away, mend: 'start it, or correct the variable', passes: true }
  const refused = (mend: string) => ({ what: message, mend, passes: false })
  if (code === '28P01' || code === '28000' || /password/.test(message)) return refused('correct name and password in it')
  if (code === '3D000') return refused('create that database, or correct the name in it')
  if (code === '42501') return refused('let this login connect to that database')
  if (/ssl|certificate|tls/i.test(`${code} ${message}`)) return refused('correct sslmode in it, or the server’s certificate')
  return refused('correct the variable')
}

/** What an error of a connection says of another PostgreSQL of ours, and whether it passes by itself; `mend` where the caller knows it better. */
export function unusable(
  what: string,
  url: string,
  error: unknown,
  mend?: string,
): { readonly words: string; readonly passes: boolean } {
  const trouble = troubleOf(error)
  return { words: sentence(what, url, { ...trouble, ...(mend !== undefined && { mend }) }), passes: trouble.passes }
}

const sentence = (place: string, url: string, { what, mend }: Trouble): string =>
  `the ${place} at ${URL.parse(url)?.host || 'its socket'} cannot be used (${what}): ${mend}.`
