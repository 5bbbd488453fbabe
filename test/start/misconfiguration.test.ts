// Every class of misconfiguration, met by the command that an operator runs. What is wrong with single variables stands in test/config.test.ts; here one
// of each kind goes through a process, with keys, trust roots, addresses and the words of the command line.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { newDeployment, runToEnd, SECRET } from '../support/deployment.ts'
import { BOT, broken, holdRefused, ISSUER, isMissing, START, unset, withBot, withIssuer } from '../support/misconfigured.ts'

holdRefused({
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
    prepare: ({ bot, issuer }) => ({
      environment: { ...issuer, ...bot, TRUSTED_PROXIES: 'garbage', SLACK_APP_TOKEN: `xapp-${SECRET}` },
    }),
    says: [
      /ISSUER_DATABASE_URL must not be given to the bot/,
      /KEYS_DIR must not be given to the bot/,
      /TRUSTED_PROXIES is the issuer’s alone, because the bot tells nobody apart by address: unset it there\./,
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
  'a folder of runbooks that is not there': {
    of: ISSUER,
    prepare: withIssuer({ RUNBOOKS_DIR: '/nowhere/runbooks' }),
    says: [/RUNBOOKS_DIR: the runbooks in \/nowhere\/runbooks have mistakes/],
    report: /cannot be read: ENOENT\s+→ name a folder that holds runbooks, directory\.yaml and targets\.yaml/,
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
