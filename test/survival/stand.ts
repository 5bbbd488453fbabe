// The product as real processes over one PostgreSQL, with everything around it that people have: a workspace of Slack, a target, load balancers. Between each
// process and its database stands a proxy (database-proxy.ts), between the bots and Slack a front; gates there decide what becomes durable and who hears
// of it. Killing is done here, by name; what a killed process was is started again.

import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import type { BotContext } from '../../src/commands/context.ts'
import { connect } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import { prepareEmbeddedDatabase } from '../../src/db/roles.ts'
import { followPublication } from '../../src/db/rule-sets.ts'
import type { Schema } from '../../src/db/schema.ts'
import { appOfManifest, TARGET_AUDIENCE } from '../../src/sandbox/main.ts'
import type { ActContext } from '../../src/sandbox/slack/acts/act.ts'
import { buildSlackServer } from '../../src/sandbox/slack/server.ts'
import { createWorkspace, type Workspace } from '../../src/sandbox/slack/workspace.ts'
import { target } from '../../src/sandbox/target/routes.ts'
import { TEAM_ID } from '../../src/sandbox/world.ts'
import { QUICK_FOLDER } from '../support/cluster-place.ts'
import { freePorts } from '../support/free-port.ts'
import { type DatabaseProxy, type Gate, openDatabaseProxy } from './database-proxy.ts'
import { type Call, type FrontGate, openFront, toApp, toPorts } from './front.ts'
import { openHeads } from './heads.ts'
import type { Outages } from './outages.ts'
import { type Mortal, startMortalPostgres } from './postgres.ts'
import { type Kept, keepProcess } from './process.ts'
import { makeRealm, type Realm, workspaceOf } from './realm.ts'

/** Where the target takes word that a token has ended. */
export const EVENTS = '/target/events'
/** The library that steps a clock reads its file once a second. */
export const CLOCK_TAKES_MS = 1_600
const MANIFEST = new URL('../../slack-manifest.json', import.meta.url)
const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
]

export type Hooks = { after(work: () => Promise<void> | void): void }
export type Victim = string
export type StandOptions = {
  readonly lanes: number
  readonly bots: number
  readonly issuers: number
  /** What stands in the way of a process's writes. */
  readonly gate: (process: Victim) => Gate
  /** What stands in the way of calls: of people to the issuers, of Slack to the bots, of the bots (and of whoever uses a token) to Slack and the target. */
  readonly gates: { readonly people?: FrontGate; readonly bots?: FrontGate; readonly outside: FrontGate }
  /** In which order the processes are tried for one call. */
  readonly order: <T>(all: readonly T[]) => readonly T[]
  /** Issuers with a clock that can be stepped. */
  readonly clocks?: boolean
}
/** `began`: when the target was asked, `at`: when it had answered. */
export type Use = { readonly began: number; readonly at: number; readonly token: string; readonly status: number }
/** An early end that the target took: from `at` on it refuses the token of this id. */
export type Taken = { readonly at: number; readonly jti: string }
export type Stand = {
  readonly realm: Realm
  readonly workspace: Workspace
  readonly acts: ActContext
  readonly urls: { readonly issuer: string; readonly target: string }
  readonly processes: readonly Kept[]
  readonly postgres: Mortal
  /** The PostgreSQL of a shared head store. */
  readonly heads: Mortal | undefined
  /** Straight to the database as its superuser, for who checks. */
  readonly db: Kysely<Schema>
  /** A bot of one's own, beside the processes: for what they would only do with another clock. */
  readonly bot: BotContext
  /** What the target was asked to do, and what it answered. */
  readonly uses: readonly Use[]
  /** Which early ends it confirmed. */
  readonly taken: readonly Taken[]
  /** When nobody could end anything, so far. */
  readonly outages: () => Outages
  /** Kills a process, `postgres` or `heads`; resolves when it is gone (a process) or back (PostgreSQL). */
  readonly kill: (victim: Victim) => Promise<void>
  /** Sets an issuer's clock off by some seconds; undefined when clocks are not to be had here. */
  readonly step: ((process: Victim, seconds: number) => void) | undefined
  readonly ready: () => Promise<void>
}

export const stepper = (): string | undefined => FAKETIME.find((path) => readable(path))

/** Opens it all; closed at the end of the test. */
export async function openStand(hooks: Hooks, options: StandOptions): Promise<Stand> {
  const dir = mkdtempSync(join(QUICK_FOLDER, 'countersign-survival-'))
  chmodSync(dir, 0o711)
  const ends: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  hooks.after(async () => {
    for (const end of ends.reverse()) await end()
  })
  const data = join(dir, 'data')
  mkdirSync(data, { mode: 0o711 })
  const postgres = await startMortalPostgres(data)
  ends.push(() => postgres.stop())
  const databases = await prepareEmbeddedDatabase(postgres, { dataDir: data, database: 'countersign', botConnections: 60 })
  await migrate(databases.owner, { log: pino({ level: 'silent' }) })

  const [issuerPort = 0, botPort = 0, slackPort = 0, ...ports] = await freePorts(3 + options.bots + options.issuers)
  const botPorts = ports.slice(0, options.bots)
  const issuerPorts = ports.slice(options.bots)
  const urls = {
    issuer: `http://localhost:${issuerPort}`,
    bot: `http://localhost:${botPort}`,
    slack: `http://localhost:${slackPort}`,
  }
  const heads = await openHeads(dir, options.issuers)
  ends.push(heads.close)
  const realm = await makeRealm(dir, {
    lanes: options.lanes,
    issuerUrl: urls.issuer,
    target: { target: `${urls.slack}/target/api`, revocations: urls.slack + EVENTS },
    databaseUrl: databases.issuer,
    heads: heads.open,
  })
  await heads.release()

  const botToken = `xoxb-${randomBytes(16).toString('hex')}`
  const signingSecret = randomBytes(16).toString('hex')
  const workspace = createWorkspace(workspaceOf(options.lanes, appOfManifest(JSON.parse(readFileSync(MANIFEST, 'utf8')))))
  const slack = await buildSlackServer({
    workspace,
    requestUrl: `${urls.bot}/slack/events`,
    signingSecret,
    botToken,
    port: slackPort,
    // Slack tries an event again after a minute and after five; nobody here has that time.
    retryFactor: 0.02,
  })
  const uses: Use[] = []
  const taken: Taken[] = []
  const asked = new WeakMap<Call, number>()
  const keepIn = join(dir, 'target-revocations.jsonl')
  await slack.app.register(target, { issuerUrl: urls.issuer, resource: TARGET_AUDIENCE, keepIn })
  ends.push(() => slack.app.close())
  const noting: FrontGate = {
    before: (call) => {
      asked.set(call, Date.now())
      return options.gates.outside.before(call)
    },
    after: async (call, answer) => {
      const at = Date.now()
      const { status } = answer
      const token = String(call.headers.authorization).replace('Bearer ', '')
      if (call.path.startsWith('/target/api/')) uses.push({ began: asked.get(call) ?? at, at, token, status })
      if (call.path === EVENTS && status === 202) taken.push({ at, jti: tokenIn(call.body) })
      return options.gates.outside.after(call, answer)
    },
  }
  for (const front of [
    await openFront(
      toPorts(() => options.order(issuerPorts)),
      options.gates.people,
      issuerPort,
    ),
    await openFront(
      toPorts(() => options.order(botPorts)),
      options.gates.bots,
      botPort,
    ),
    await openFront(toApp(slack.app), noting, slackPort),
  ])
    ends.push(front.close)

  const shared = {
    PUBLIC_URL: urls.bot,
    ISSUER_URL: urls.issuer,
    TRUST_ROOTS: realm.files.trustRoots,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
  }
  const proxies: DatabaseProxy[] = []
  const library = options.clocks ? stepper() : undefined
  const clockOf = (name: string) => join(dir, `clock-${name}`)
  const wrong: { readonly who: string; readonly from: number; to: number }[] = []
  const keep = async (
    name: string,
    command: 'bot' | 'issuer',
    url: string,
    environment: Record<string, string>,
  ): Promise<Kept> => {
    const proxy = await openDatabaseProxy(postgres.port, options.gate(name))
    proxies.push(proxy)
    ends.push(proxy.close)
    const throughProxy = new URL(url)
    throughProxy.port = String(proxy.port)
    const variable = command === 'bot' ? 'DATABASE_URL' : 'ISSUER_DATABASE_URL'
    const kept = keepProcess({
      name,
      command,
      gone: proxy.cut,
      environment: { ...shared, [variable]: throughProxy.href, ...environment },
    })
    ends.push(kept.stop)
    return kept
  }
  const processes: Kept[] = []
  for (const [number, port] of issuerPorts.entries()) {
    const name = `issuer-${number + 1}`
    writeFileSync(clockOf(name), '+0\n')
    const clock = {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: clockOf(name),
      FAKETIME_CACHE_DURATION: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
    processes.push(
      await keep(name, 'issuer', databases.issuer, {
        ISSUER_PORT: String(port),
        KEYS_DIR: realm.files.keysDir,
        RUNBOOKS_DIR: realm.files.runbooksDir,
        TRUSTED_PROXIES: '127.0.0.1',
        ...heads.environment,
        ...(library === undefined ? {} : clock),
      }),
    )
  }
  for (const [number, port] of botPorts.entries())
    processes.push(
      await keep(`bot-${number + 1}`, 'bot', databases.bot, {
        PORT: String(port),
        SLACK_BOT_TOKEN: botToken,
        SLACK_SIGNING_SECRET: signingSecret,
        SLACK_TEAM_IDS: TEAM_ID,
        SLACK_API_URL: `${urls.slack}/api/`,
      }),
    )
  const db = connect(postgres.url('countersign'), {
    applicationName: 'checker',
    max: 2,
    log: pino({ level: 'silent' }),
    statementTimeoutMs: 120_000,
  })
  ends.push(() => db.destroy())
  const botDb = connect(databases.bot, { applicationName: 'another bot', max: 2, log: pino({ level: 'silent' }) })
  ends.push(() => botDb.destroy())
  const bot: BotContext = {
    process: 'bot',
    db: botDb,
    now: () => new Date(),
    realm: realm.roots.realm,
    log: pino({ level: 'silent' }),
    published: followPublication(botDb),
  }
  const ready = async (): Promise<void> => void (await Promise.all(processes.map((each) => each.ready())))
  await ready()
  return {
    realm,
    workspace,
    acts: slack.acts,
    urls: { issuer: urls.issuer, target: `${urls.slack}/target/api` },
    processes,
    postgres,
    db,
    bot,
    uses,
    taken,
    outages: () => ({
      issuers: processes.flatMap(({ name }) => (name.startsWith('issuer') ? [name] : [])),
      away: [
        ...postgres.absences().map((span) => ({ who: 'postgres', ...span })),
        ...processes.flatMap(({ name, absences }) => absences().map((span) => ({ who: name, ...span }))),
        ...wrong,
      ],
    }),
    heads: heads.postgres,
    kill: async (victim) => {
      if (victim === 'postgres') return postgres.kill()
      return victim === 'heads' ? heads.postgres?.kill() : processes.find(({ name }) => name === victim)?.kill()
    },
    step:
      library === undefined
        ? undefined
        : (name, seconds) => {
            const now = Date.now()
            for (const span of wrong) if (span.who === name) span.to = Math.min(span.to, now + CLOCK_TAKES_MS)
            if (seconds !== 0) wrong.push({ who: name, from: now, to: Number.POSITIVE_INFINITY })
            writeFileSync(clockOf(name), `${seconds < 0 ? '' : '+'}${seconds}\n`)
          },
    ready,
  }
}

/** Which token a security event ends. */
const tokenIn = (event: Buffer): string =>
  String((decodeJwt(event.toString('utf8'))['sub_id'] as { jti?: unknown } | undefined)?.jti)

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0
  } catch {
    return false
  }
}
