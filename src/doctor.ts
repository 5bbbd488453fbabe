// `countersign doctor`: whichever processes this environment is for are looked at by the very functions by which they look before they serve, and then at
// what they could do without. Nothing is written, nothing served.

import type { Kysely } from 'kysely'
import { isSandbox, readBot, readIssuer, readMigrate, readSandbox, splitEnvironment } from './config.ts'
import { connect } from './db/connect.ts'
import { findPublication } from './db/rule-sets.ts'
import type { Schema } from './db/schema.ts'
import { type Finding, judged, tried, well } from './findings.ts'
import { openLogger } from './logger.ts'
import { lookAtClock, lookAtHosts, lookAtPort } from './surroundings.ts'
import type { Configured, Environment } from './variables.ts'

export type Examined = { readonly process: 'sandbox' | 'issuer' | 'bot' | 'migrate'; readonly findings: readonly Finding[] }

const PATIENCE_MS = 3_000
const quiet = openLogger('doctor', 'silent')

/** Looks at every process that this environment configures. */
export async function examine(env: Environment): Promise<readonly Examined[]> {
  if (isSandbox(env)) return [{ process: 'sandbox', findings: await examineSandbox(env) }]
  const has = (names: readonly string[]) =>
    Object.keys(env).some((name) => env[name] && names.some((each) => name.startsWith(each)))
  const [hasBot, hasIssuer] = [has(['DATABASE_URL', 'SLACK_']), has(['ISSUER_DATABASE_URL', 'KEYS_DIR', 'RUNBOOKS_DIR'])]
  // Both together are what `start` is given, which hands each its own.
  const both = hasBot && hasIssuer
  const own = both ? splitEnvironment(env) : { issuer: env, bot: env }
  const examined: Examined[] = []
  if (hasIssuer || !hasBot) examined.push({ process: 'issuer', findings: await examineIssuer(own.issuer) })
  if (hasBot) examined.push({ process: 'bot', findings: await examineBot(own.bot) })
  if (both && env['MIGRATE_DATABASE_URL']) examined.push({ process: 'migrate', findings: await examineMigrate(env) })
  return examined
}

async function examineSandbox(env: Environment): Promise<readonly Finding[]> {
  return configured(readSandbox(env), async ({ port, issuerPort, sandboxPort, dataDir }) => {
    const { misfitsOfFolder } = await import('./sandbox/prepare.ts')
    const { findPrograms, postgresIdentity } = await import('./db/embedded-place.ts')
    const folder = await tried('data', 'DATA_DIR', () => misfitsOfFolder(dataDir, `http://localhost:${issuerPort}`))
    const programs = await tried('PostgreSQL', 'PostgreSQL', async () => findPrograms(await postgresIdentity()))
    return [
      folder.value ? judged('data', folder.value, `Everything is kept in ${dataDir}.`) : folder.finding,
      programs.value ? well('PostgreSQL', `Version ${programs.value.major} is installed beside us.`) : programs.finding,
      await lookAtPort('PORT', '127.0.0.1', port),
      await lookAtPort('ISSUER_PORT', '127.0.0.1', issuerPort),
      await lookAtPort('SANDBOX_PORT', '127.0.0.1', sandboxPort, '/target'),
    ]
  })
}

async function examineIssuer(env: Environment): Promise<readonly Finding[]> {
  return configured(readIssuer(env), async (config) => {
    const { inspectAdministrators, inspectHeads, inspectIssuer, inspectKeyModels, inspectRunbooks } = await import(
      './issuer/inspect.ts'
    )
    return withDatabase(config.databaseUrl, async (db) => {
      const { findings, roots } = await inspectIssuer(config, db, PATIENCE_MS)
      const looked = findings.some(({ part }) => part === 'runbooks') ? [] : [await inspectRunbooks(config)]
      return [
        ...findings,
        ...looked,
        ...(roots && isWell(findings, 'migrations')
          ? [await inspectHeads(config, roots, db), await inspectAdministrators(roots, db)]
          : []),
        ...(isWell(findings, 'migrations') ? await inspectKeyModels(config, db) : []),
        ...(isWell(findings, 'database') ? [await lookAtClock(db)] : []),
        await lookAtPort('ISSUER_PORT', config.host, config.port),
        await lookAtHosts({ ISSUER_URL: config.issuerUrl, PUBLIC_URL: config.publicUrl }),
      ]
    })
  })
}

async function examineBot(env: Environment): Promise<readonly Finding[]> {
  return configured(readBot(env), async (config) => {
    const { inspectBot } = await import('./bot/inspect.ts')
    const { inspectSlack } = await import('./bot/slack/inspect.ts')
    return withDatabase(config.databaseUrl, async (db) => {
      const { findings } = await inspectBot(config, db, PATIENCE_MS)
      return [
        ...findings,
        ...(isWell(findings, 'migrations') ? await lookAtPublication(db) : []),
        ...(isWell(findings, 'database') ? [await lookAtClock(db)] : []),
        await lookAtPort('PORT', config.host, config.port),
        await lookAtHosts({ ISSUER_URL: config.issuerUrl, PUBLIC_URL: config.publicUrl }),
        await inspectSlack(config.slack, config.publicUrl),
      ]
    })
  })
}

async function examineMigrate(env: Environment): Promise<readonly Finding[]> {
  return configured(readMigrate(env), async ({ databaseUrl: url }) => {
    const { inspectServer } = await import('./db/inspect-database.ts')
    return withDatabase(url, async (db) => [await inspectServer(db, { variable: 'MIGRATE_DATABASE_URL', url }, PATIENCE_MS)])
  })
}

async function lookAtPublication(db: Kysely<Schema>): Promise<readonly Finding[]> {
  const published = await findPublication(db)
  if (!published) return [judged('rules', ['No runbooks are published: start the issuer, which publishes them.'], '')]
  const { security_channel: channel } = published.ruleSet
  return [
    well('rules', `The rule set ${published.digest} is published.`),
    judged(
      'security channel',
      channel === undefined
        ? ['Changes of keys, roles and rules are told to administrators alone: name a security_channel in directory.yaml.']
        : [],
      `Changes of keys, roles and rules are told in ${channel}.`,
    ),
  ]
}

async function configured<T>(read: Configured<T>, look: (config: T) => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  if (!read.ok) return [judged('configuration', read.problems, '')]
  return [well('configuration', 'Every variable is set and well-formed.'), ...(await look(read.config))]
}

async function withDatabase<T>(url: string, look: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
  const db = connect(url, { applicationName: 'countersign doctor', max: 1, log: quiet })
  try {
    return await look(db)
  } finally {
    await db.destroy()
  }
}

const isWell = (findings: readonly Finding[], name: string): boolean =>
  findings.some(({ part, problems }) => part === name && problems.length === 0)
