// A database that a process cannot use, met by the command that an operator runs: away, unknown, closed, of somebody else, or of another version.

import { after } from 'node:test'
import pg from 'pg'
import { createTestDatabase } from '../support/database.ts'
import { type Deployment, SECRET } from '../support/deployment.ts'
import { BOT, holdRefused, ISSUER, START, withBot, withIssuer } from '../support/misconfigured.ts'

const OTHERS: Readonly<Record<string, string>> = {
  unreachable: 'postgres://somebody:s3cr3t@127.0.0.1:9/countersign',
  nowhere: 'postgres://somebody:s3cr3t@nobody.invalid/countersign',
}

async function asSuperuser({ database }: Deployment, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.superuserUrl })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** Makes this server answer as PostgreSQL 15 does where it is asked for its version. */
async function grownOld(deployment: Deployment): Promise<void> {
  await asSuperuser(
    deployment,
    `create function public.current_setting(name text) returns text stable language sql
       as $$ select case name when 'server_version_num' then '150017' when 'server_version' then '15.17' else pg_catalog.current_setting(name) end $$;
     do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$`,
  )
}

holdRefused({
  'a start of production over a PostgreSQL that is too old': {
    of: START,
    prepare: async (deployment) => {
      await grownOld(deployment)
      return { environment: { ...deployment.bot, ...deployment.issuer } }
    },
    says: ['ISSUER_DATABASE_URL', 'DATABASE_URL'].map(
      (name) =>
        new RegExp(`countersign: ${name}: the database is PostgreSQL 15\\.17, and Countersign needs 16 or newer: upgrade it\\.$`),
    ),
  },
  'migrate over a PostgreSQL that is too old': {
    of: ['migrate'],
    prepare: async (deployment) => {
      await grownOld(deployment)
      return { environment: { MIGRATE_DATABASE_URL: deployment.database.superuserUrl } }
    },
    says: [/MIGRATE_DATABASE_URL: the database is PostgreSQL 15\.17, and Countersign needs 16 or newer: upgrade it\./],
  },
  'a database that is away, after a while': {
    of: BOT,
    prepare: withBot({ DATABASE_URL: OTHERS['unreachable'] ?? '' }),
    code: 69,
    says: [
      /DATABASE_URL: the database at 127\.0\.0\.1:9 cannot be used \(nothing listens there\): start it, or correct the variable\./,
    ],
  },
  'a database whose host nobody knows': {
    of: ['migrate'],
    prepare: () => ({ environment: { MIGRATE_DATABASE_URL: OTHERS['nowhere'] ?? '' } }),
    code: 69,
    says: [
      /MIGRATE_DATABASE_URL: the database at nobody\.invalid cannot be used \((nobody knows this host|its host cannot be looked up now)\)/,
    ],
  },
  'a wrong password': {
    of: BOT,
    prepare: ({ bot }) => ({
      environment: { ...bot, DATABASE_URL: (bot['DATABASE_URL'] ?? '').replace(/:[^:@]+@/, `:${SECRET}@`) },
    }),
    says: [
      /DATABASE_URL: the database at \S+ cannot be used \(password authentication failed.*\): correct name and password in it\./,
    ],
  },
  'migrate with a login that is no URL of PostgreSQL': {
    of: ['migrate'],
    prepare: () => ({ environment: { MIGRATE_DATABASE_URL: `mysql://owner:${SECRET}@db/countersign` } }),
    says: [/MIGRATE_DATABASE_URL is no postgres:\/\/ URL: set it to the database login that owns the tables, like postgres:/],
  },
  'a head store that is no URL of PostgreSQL': {
    of: ISSUER,
    prepare: withIssuer({ HEAD_STORE_URL: `https://heads:${SECRET}@elsewhere/heads` }),
    says: [/HEAD_STORE_URL is no postgres:\/\/ URL: set it to a PostgreSQL of its own .*, or unset it\./],
  },
  'a head store that is away': {
    of: ISSUER,
    prepare: withIssuer({ HEAD_STORE_URL: OTHERS['unreachable'] ?? '' }),
    code: 69,
    says: [
      /HEAD_STORE_URL: the head store at 127\.0\.0\.1:9 cannot be used \(nothing listens there\): start it, or correct the variable\./,
    ],
  },
  'a head store with a wrong password': {
    of: ISSUER,
    prepare: ({ issuer, database }) => ({
      environment: { ...issuer, HEAD_STORE_URL: database.ownerUrl.replace(/:[^:@]+@/, `:${SECRET}@`) },
    }),
    says: [
      /HEAD_STORE_URL: the head store at \S+ cannot be used \(password authentication failed.*\): correct name and password in it\./,
    ],
  },
  'a head store whose table this login may not write': {
    of: ISSUER,
    prepare: async (deployment) => {
      await asSuperuser(deployment, 'create table countersign_head (realm text primary key, store text, heads text)')
      return { environment: { ...deployment.issuer, HEAD_STORE_URL: deployment.database.issuerUrl } }
    },
    says: [
      /HEAD_STORE_URL: the head store at \S+ cannot be used \(permission denied for table countersign_head\): let its owner run there: GRANT SELECT, INSERT, UPDATE ON countersign_head TO that login\./,
    ],
  },
  'a database that is not there': {
    of: ISSUER,
    prepare: ({ issuer }) => ({
      environment: {
        ...issuer,
        ISSUER_DATABASE_URL: (issuer['ISSUER_DATABASE_URL'] ?? '').replace(/\/[^/]+$/, '/no_such_place'),
      },
    }),
    says: [
      /ISSUER_DATABASE_URL: the database at \S+ cannot be used \(.*\): (create that database, or correct the name in it|.*)\./,
    ],
  },
  'the other process’s login': {
    of: BOT,
    prepare: ({ bot, database }) => ({ environment: { ...bot, DATABASE_URL: database.issuerUrl } }),
    says: [/DATABASE_URL logs in as \w+, which is no member of countersign_bot: GRANT/],
  },
  'a database without tables': {
    of: BOT,
    prepare: async ({ bot }) => {
      const empty = await createTestDatabase({ after }, { migrated: false })
      return { environment: { ...bot, DATABASE_URL: empty.botUrl } }
    },
    says: [/The database has no tables of Countersign yet: run `countersign migrate`\./],
  },
  'a database that lacks a migration': {
    of: ISSUER,
    prepare: async (deployment) => {
      await asSuperuser(deployment, `delete from kysely_migration where name = '004-bounds'`)
      return { environment: deployment.issuer }
    },
    says: [/The tables are older than this version of Countersign and lack 004-bounds: run `countersign migrate`\./],
  },
  'a database from before processes could read what has run': {
    of: BOT,
    prepare: async (deployment) => {
      await asSuperuser(deployment, 'revoke select on kysely_migration from countersign_bot')
      return { environment: deployment.bot }
    },
    says: [/The tables are older than this version of Countersign and lack the latest migrations: run `countersign migrate`\./],
  },
  'a database that is newer than the program': {
    of: BOT,
    prepare: async (deployment) => {
      await asSuperuser(deployment, `insert into kysely_migration (name, timestamp) values ('999-future', now()::text)`)
      return { environment: deployment.bot }
    },
    says: [/The database has migrations that this version of Countersign does not have: 999-future\. Start the newer version\./],
  },
})
