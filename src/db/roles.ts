// Who may log in to the database, and as what. The two group roles are what migrations grant rights to; each process logs in as a member of
// exactly one of them (DESIGN section 4). Roles belong to the whole cluster, so they are made here and not in a migration.
// Holds alone: a login's password never reaches the server in clear, so no server log can hold it.
// Group roles are also made on a PostgreSQL of the operator's; logins, passwords and databases are made only in the embedded one.

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { StartRefused } from '../run.ts'
import type { EmbeddedPostgres } from './embedded.ts'
import { keepJson } from './kept-file.ts'

export const BOT_ROLE = 'countersign_bot'
export const ISSUER_ROLE = 'countersign_issuer'
const LOGINS = {
  owner: { user: 'countersign_owner_login', role: undefined, connections: -1 },
  bot: { user: 'countersign_bot_login', role: BOT_ROLE, connections: 20 },
  issuer: { user: 'countersign_issuer_login', role: ISSUER_ROLE, connections: -1 },
} as const

const Passwords = z.strictObject({ owner: z.string().min(32), bot: z.string().min(32), issuer: z.string().min(32) })
export type DatabaseUrls = Readonly<Record<keyof typeof LOGINS, string>>

/** Makes the group roles when they are missing. Safe when several do it at once. */
export async function prepareRoles(ownerUrl: string): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    for (const role of [BOT_ROLE, ISSUER_ROLE]) {
      try {
        await createRole(client, role, 'NOLOGIN')
      } catch (error) {
        throw new StartRefused([
          `The role ${role} is missing and could not be made (${error instanceof Error ? error.message : error}): let an administrator run CREATE ROLE ${role} NOLOGIN.`,
        ])
      }
    }
  })
}

/**
 * Prepares a database of the embedded PostgreSQL: group roles, one login per process with a password kept in DATA_DIR, and the database,
 * which only these logins may enter. Migrations run as its owner, who is no superuser.
 */
export async function prepareEmbeddedDatabase(
  postgres: EmbeddedPostgres,
  options: { dataDir: string; database: string; botConnections?: number },
): Promise<DatabaseUrls> {
  const { database } = options
  const password = () => randomBytes(24).toString('base64url')
  const passwords = await keepJson(join(options.dataDir, 'database-logins.json'), Passwords, () => ({
    owner: password(),
    bot: password(),
    issuer: password(),
  }))
  const superuserUrl = postgres.url('postgres')
  await prepareRoles(superuserUrl)
  await withClient(superuserUrl, async (client) => {
    for (const [name, { user, role, connections }] of Object.entries(LOGINS)) {
      const limit = name === 'bot' ? (options.botConnections ?? connections) : connections
      await createRole(client, user, 'LOGIN')
      await client.query(
        `ALTER ROLE ${user} CONNECTION LIMIT ${limit} PASSWORD '${scramVerifier(passwords[name as keyof DatabaseUrls])}'`,
      )
      if (role) await client.query(`GRANT ${role} TO ${user}`)
    }
    // The bot's login may enter its own database and no other: there it could hold locks that are not its own.
    await client.query('REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC')
    await createDatabase(client, database, 'template0')
  })
  const url = (name: keyof DatabaseUrls) => postgres.url(database, { user: LOGINS[name].user, password: passwords[name] })
  return { owner: url('owner'), bot: url('bot'), issuer: url('issuer') }
}

/** Makes a database that only the owner and the members of the group roles may enter; one that exists is left as it is. */
export async function createDatabase(client: pg.Client, database: string, template: string): Promise<void> {
  const name = pg.escapeIdentifier(database)
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
  const origin = `TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY FILE_COPY OWNER ${LOGINS.owner.user}`
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} ${origin}`).catch(unless('42P04', '23505'))
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
  await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${BOT_ROLE}, ${ISSUER_ROLE}`)
}

async function createRole(client: pg.Client, role: string, kind: 'LOGIN' | 'NOLOGIN'): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role])
  if (rowCount === 0) await client.query(`CREATE ROLE ${role} ${kind}`).catch(unless('42710', '23505'))
}

/** Swallows what the server says to the slower of two who make the same thing. */
const unless =
  (...codes: string[]) =>
  (error: { code?: string }) => {
    if (!codes.includes(error.code ?? '')) throw error
  }

/** What PostgreSQL stores for a password (RFC 5803), made here instead of there. */
function scramVerifier(password: string): string {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'countersign roles' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
