// Every class of misconfiguration, met by the command that an operator runs: one sentence for each problem, all of them at once, the exit code, no stack
// and no secret. What is wrong with single variables stands in test/config.test.ts; here one of each kind goes through a process.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import pg from 'pg'
import { createTestDatabase } from '../support/database.ts'
import { type As, type Deployment, type Environment, newDeployment, runToEnd, SECRET } from '../support/deployment.ts'

const OTHERS: Readonly<Record<string, string>> = {
  unreachable: 'postgres://somebody:s3cr3t@127.0.0.1:9/countersign',
  nowhere: 'postgres://somebody:s3cr3t@nobody.invalid/countersign',
}
const isRoot = process.getuid?.() === 0
const NOBODY: As = { uid: 65_534, gid: 65_534 }

type Prepared = { readonly environment: Environment; readonly as?: As; readonly also?: readonly string[] }
type Case = {
  readonly of: readonly string[]
  /** Breaks something, and gives the environment to start in. */
  readonly prepare: (deployment: Deployment) => Promise<Prepared> | Prepared
  readonly code?: number
  /** One for each line of the error output. */
  readonly says: readonly RegExp[]
  /** What else stands below: the report of mistakes in runbooks. */
  readonly report?: RegExp
}
const ISSUER = ['issuer']
const BOT = ['bot']
const START = ['start']

const unset = (environment: Environment, ...names: readonly string[]): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)))

const withIssuer =
  (over: Environment) =>
  ({ issuer }: Deployment): Prepared => ({ environment: { ...issuer, ...over } })
const withBot =
  (over: Environment) =>
  ({ bot }: Deployment): Prepared => ({ environment: { ...bot, ...over } })
const broken =
  (how: (dir: string) => void) =>
  ({ dir, issuer }: Deployment): Prepared => {
    how(dir)
    return { environment: issuer }
  }
const sandbox =
  (how: (dir: string) => Environment) =>
  ({ dir }: Deployment): Prepared => ({ environment: how(dir) })

async function asSuperuser({ database }: Deployment, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.superuserUrl })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

const CASES: Readonly<Record<string, Case>> = {
  'the issuer with nothing': {
    of: ISSUER,
    prepare: () => ({ environment: {} }),
    says: [
      /ISSUER_DATABASE_URL is missing: set it to the issuer’s own database login/,
      /PUBLIC_URL is missing: set it to/,
      /\bISSUER_URL is missing: set it to/,
      /TRUST_ROOTS is missing: set it to the path/,
      /KEYS_DIR is missing: set it to the folder/,
      /RUNBOOKS_DIR is missing: set it to the folder/,
    ],
  },
  'the bot with nothing': {
    of: BOT,
    prepare: () => ({ environment: {} }),
    says: [
      /PUBLIC_URL is missing/,
      /ISSUER_URL is missing/,
      /DATABASE_URL is missing/,
      /TRUST_ROOTS is missing/,
      /SLACK_BOT_TOKEN is missing/,
      /SLACK_SIGNING_SECRET is missing/,
      /SLACK_TEAM_IDS is missing/,
    ],
  },
  'a variable whose name is mistyped': {
    of: BOT,
    prepare: ({ bot }) => ({ environment: { ...unset(bot, 'SLACK_SIGNING_SECRET'), SLACK_SIGNING_SECERT: `${SECRET}-012345` } }),
    says: [/SLACK_SIGNING_SECRET is missing \(was SLACK_SIGNING_SECERT meant to be it\?\): set it to/],
  },
  'malformed variables of the bot, secrets among them': {
    of: BOT,
    prepare: withBot({
      DATABASE_URL: `mysql://bot:${SECRET}@db/x`,
      SLACK_BOT_TOKEN: `xoxp-${SECRET}`,
      SLACK_SIGNING_SECRET: SECRET,
      PUBLIC_URL: `https://name:${SECRET}@bot.example.net`,
      SLACK_TEAM_IDS: 'acme',
      PORT: '99999',
      METRICS_TOKEN: SECRET,
      HOST: `${SECRET} `,
    }),
    says: [
      /HOST has a space or line end around it/,
      /METRICS_TOKEN could be guessed/,
      /PUBLIC_URL holds a name or password/,
      /PORT is no port: set it to a port from 1 to 65535/,
      /DATABASE_URL is no postgres:\/\/ URL/,
      /SLACK_BOT_TOKEN is no bot token/,
      /SLACK_SIGNING_SECRET is no signing secret/,
      /SLACK_TEAM_IDS holds what is no id of a workspace/,
    ],
  },
  'what is the other process’s': {
    of: BOT,
    prepare: ({ bot, issuer }) => ({ environment: { ...issuer, ...bot, SLACK_APP_TOKEN: `xapp-${SECRET}` } }),
    says: [
      /ISSUER_DATABASE_URL must not be given to the bot/,
      /KEYS_DIR must not be given to the bot/,
      /SLACK_APP_TOKEN is for Socket Mode/,
    ],
  },
  'a start of production with one variable': {
    of: START,
    prepare: () => ({ environment: { KEYS_DIR: '/etc/keys' } }),
    says: [
      ...[/ISSUER_DATABASE_URL/, /PUBLIC_URL/, /\bISSUER_URL/, /TRUST_ROOTS/, /RUNBOOKS_DIR/, / DATABASE_URL/].map(isMissing),
      ...[/SLACK_BOT_TOKEN/, /SLACK_SIGNING_SECRET/, /SLACK_TEAM_IDS/].map(isMissing),
      /This is not the sandbox, because KEYS_DIR is set; for the sandbox unset it\./,
    ],
  },
  'a start of production with one port and one login for both': {
    of: START,
    prepare: ({ bot, issuer }) => ({
      environment: { ...bot, ...issuer, PORT: '4000', ISSUER_PORT: '4000', ISSUER_DATABASE_URL: bot['DATABASE_URL'] ?? '' },
    }),
    says: [/PORT and ISSUER_PORT are both 4000/, /DATABASE_URL and ISSUER_DATABASE_URL are one login/],
  },
  'a start of production whose processes both find the same thing wrong': {
    of: START,
    prepare: ({ dir, bot, issuer }) => {
      writeFileSync(join(dir, 'trust-roots.json'), '{ "v": 1')
      return { environment: { ...bot, ...issuer } }
    },
    says: [
      /TRUST_ROOTS: \S+trust-roots\.json: is not JSON; restore it/,
      /TRUST_ROOTS: \S+trust-roots\.json: is not JSON; copy it again/,
    ],
  },
  'trust roots that are a folder': {
    of: ISSUER,
    prepare: ({ dir, issuer }) => ({ environment: { ...issuer, TRUST_ROOTS: dir } }),
    says: [/TRUST_ROOTS: \S+: cannot be read; `countersign bootstrap` writes it/],
  },
  'trust roots that others may write': {
    of: ISSUER,
    prepare: broken((dir) => chmodSync(join(dir, 'trust-roots.json'), 0o666)),
    says: [/TRUST_ROOTS: \S+: may be written by others \(mode 0666\); run: chmod 644/],
  },
  'keys that others may read, one cut short and one lost, all told': {
    of: ISSUER,
    prepare: broken((dir) => {
      chmodSync(join(dir, 'keys'), 0o755)
      chmodSync(join(dir, 'keys', 'log.json'), 0o644)
      truncateSync(join(dir, 'keys', 'nonce.json'), 40)
      rmSync(join(dir, 'keys', 'id-token.json'))
    }),
    says: [
      /KEYS_DIR: \S+keys: is open to others \(mode 0755\); run: chmod 700/,
      /KEYS_DIR: \S+id-token\.json: is missing; restore it/,
      /KEYS_DIR: \S+log\.json: is open to others \(mode 0644\); run: chmod 600/,
      /KEYS_DIR: \S+nonce\.json: is not a key file .*restore it from a backup/,
    ],
  },
  'a key of another realm': {
    of: ISSUER,
    prepare: broken((dir) => {
      const path = join(dir, 'keys', 'log.json')
      writeFileSync(path, readFileSync(path, 'utf8').replace(/prod:\w+/, 'prod:00000000000000000000000009'))
    }),
    says: [
      /KEYS_DIR: \S+log\.json: belongs to realm prod:00000000000000000000000009, not to prod:\w+; name the folder of this realm/,
    ],
  },
  'a folder of keys that is not there': {
    of: ISSUER,
    prepare: withIssuer({ KEYS_DIR: '/nowhere/keys' }),
    says: Array.from({ length: 6 }, () => /KEYS_DIR: \/nowhere\/keys\S*: is missing; restore it/),
  },
  'heads that were cut short': {
    of: ISSUER,
    prepare: broken((dir) => writeFileSync(join(dir, 'keys', 'heads.json'), '{"directory":{"head":"abc', { mode: 0o600 })),
    says: [/KEYS_DIR: \S+heads\.json: is not JSON; the heads cannot be guessed, restore the file/],
  },
  'addresses that are no two hosts with https, of another issuer than the roots pin': {
    of: ISSUER,
    prepare: withIssuer({ ISSUER_URL: 'http://sub.bot.example.net' }),
    says: [
      /ISSUER_URL must begin with https:\/\//,
      /PUBLIC_URL and ISSUER_URL must be two hosts, neither a parent of the other/,
      /TRUST_ROOTS: \S+ belongs to another issuer than ISSUER_URL and KEYS_DIR make \(.*pins issuer https:\/\/issuer\.example\.com/,
    ],
  },
  'keys and runbooks wrong at once': {
    of: ISSUER,
    prepare: broken((dir) => {
      rmSync(join(dir, 'keys', 'log.json'))
      rmSync(join(dir, 'runbooks', 'targets.yaml'))
    }),
    says: [/KEYS_DIR: \S+log\.json: is missing/, /RUNBOOKS_DIR: the runbooks in \S+ have mistakes/],
    report: /targets\.yaml[\s\S]*is missing/,
  },
  'a clock that was never set': {
    of: ISSUER,
    prepare: withIssuer({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('const D=Date;globalThis.Date=class extends D{constructor(...a){a.length?super(...a):super(86400000)}static now(){return 86400000}}')}`,
    }),
    says: [/This machine’s clock says 1970-01-02: set it, and have it follow NTP\./],
  },
  'an address that is not of this machine': {
    of: ISSUER,
    prepare: withIssuer({ HOST: '203.0.113.7' }),
    says: [/HOST is no address of this machine: set it to one/],
  },
  'the simulated key in production': {
    of: ISSUER,
    prepare: ({ dir, issuer }) => ({ environment: { ...issuer, SANDBOX_KEYS: join(dir, 'ring.json') } }),
    says: [/SANDBOX_KEYS is set for a realm that is not a sandbox: unset it\./],
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
  'migrate with nothing': {
    of: ['migrate'],
    prepare: () => ({ environment: { LOG_LEVEL: 'loud' } }),
    says: [/MIGRATE_DATABASE_URL is missing: set it to the database login that owns the tables/, /LOG_LEVEL is no level/],
  },
  'bootstrap with nothing': {
    of: ['bootstrap'],
    prepare: () => ({ environment: {} }),
    says: [/PUBLIC_URL/, /\bISSUER_URL/, /TRUST_ROOTS/, /KEYS_DIR/, /RUNBOOKS_DIR/].map(isMissing),
  },
  'a sandbox with ports and level that cannot be': {
    of: START,
    prepare: sandbox((dir) => ({
      DATA_DIR: join(dir, 'data'),
      PORT: '-1',
      ISSUER_PORT: '70000',
      SANDBOX_PORT: 'x',
      LOG_LEVEL: 'all',
    })),
    says: [/\bPORT is no port/, /ISSUER_PORT is no port/, /SANDBOX_PORT is no port/, /LOG_LEVEL is no level/],
  },
  'a sandbox whose folder is a file': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'trust-roots.json') })),
    says: [/trust-roots\.json is a file where a folder must be: name another folder\./],
  },
  'a sandbox below a file': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'trust-roots.json', 'data') })),
    says: [/cannot be: a part of this path is a file\. Name another folder\./],
  },
  'a sandbox in a folder with a name that is too long': {
    of: START,
    prepare: sandbox((dir) => ({ DATA_DIR: join(dir, 'x'.repeat(300)) })),
    says: [/DATA_DIR is longer than this system can do with: choose a shorter path\./],
  },
  'a sandbox in somebody else’s folder, without HOME': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o555 })
      if (isRoot) chownSync(data, 1, 1)
      return { environment: { DATA_DIR: data }, ...(isRoot && { as: NOBODY }) }
    },
    says: [/\/data\S* may not be read or written by this user: change its owner or mode, or name another\./],
  },
  'a sandbox in a folder of another issuer’s address': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o711 })
      cpSync(join(dir, 'trust-roots.json'), join(data, 'trust-roots.json'))
      return { environment: { DATA_DIR: data } }
    },
    says: [
      /trust-roots\.json belongs to https:\/\/issuer\.example\.com: start with ISSUER_PORT=.* again, or choose another DATA_DIR\./,
    ],
  },
  'a sandbox whose kept file is garbled': {
    of: START,
    prepare: ({ dir }) => {
      const data = join(dir, 'data')
      mkdirSync(data, { mode: 0o711 })
      writeFileSync(join(data, 'postgres.json'), `{"password":"${SECRET}`)
      return { environment: { DATA_DIR: data } }
    },
    says: [/postgres\.json is not a file of this version of Countersign: restore it, or choose another DATA_DIR\./],
  },
  'a command that there is not': {
    of: ['strat'],
    prepare: () => ({ environment: {} }),
    code: 64,
    says: [/there is no command “strat”; did you mean `countersign start`\?/],
  },
  'an option that there is not': {
    of: ['doctor', '--jsno'],
    prepare: () => ({ environment: {} }),
    code: 64,
    says: [/doctor has no option --jsno, did you mean --json\?; see `countersign help doctor`/],
  },
  'a word that nobody asked for': {
    of: ['bot', 'now'],
    prepare: withBot({}),
    code: 64,
    says: [/bot does not know what to do with “now”/],
  },
}

describe('told in sentences and refused:', { concurrency: 2 }, () => {
  for (const [name, { of, prepare, code = 78, says, report }] of Object.entries(CASES))
    test(name, async (t) => {
      const deployment = await newDeployment(t)
      const { environment, as } = await prepare(deployment)
      const ended = await runToEnd(of, environment, as ? { as } : {})
      const lines = ended.err.trimEnd().split('\n')
      assert.equal(ended.code, code, ended.err)
      assert.equal(ended.out, '')
      assert.doesNotMatch(ended.err, /^\s+at |node:internal|Error:/m, 'no stack')
      assert.ok(!ended.err.includes(SECRET), 'no secret')
      for (const login of Object.values(environment).filter((value) => value.startsWith('postgres:')))
        assert.ok(!ended.err.includes(new URL(login).password), 'no password')
      const told = lines.filter((line) => line.startsWith('countersign: '))
      for (const [index, line] of says.entries()) assert.match(told[index] ?? '', line, ended.err)
      assert.equal(told.length, says.length, ended.err)
      if (report === undefined) assert.equal(lines.length, says.length, ended.err)
      else assert.match(ended.err, report)
    })
})

test('a port that another program has is named, by the issuer alone too', async (t) => {
  const { issuer } = await newDeployment(t)
  const other = createServer().listen(Number(issuer['ISSUER_PORT']), '127.0.0.1')
  await once(other, 'listening')
  t.after(() => void other.close())
  const { code, err } = await runToEnd(['issuer'], issuer)
  assert.equal(code, 78)
  assert.match(
    err,
    /^countersign: Port \d+ is taken\. End what uses it, or choose another with PORT, ISSUER_PORT or SANDBOX_PORT\.\n$/,
  )
})

test('runbooks check of a folder that is not there says so', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'countersign-none-')), 'none')
  const { code, out, err } = await runToEnd(['runbooks', 'check', folder], {})
  assert.equal(code, 1)
  assert.match(out, /cannot be read: ENOENT/)
  assert.equal(err, '')
})

function isMissing(name: RegExp): RegExp {
  return new RegExp(`${name.source} is missing: set it to `)
}
