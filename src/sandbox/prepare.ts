// Everything embedded, for `npm start` without an account anywhere: PostgreSQL, migrations, a realm of its own with keys and a simulated root, the
// example runbooks, a simulated Slack. It makes what production is given and hands it to the same two processes; nothing in them knows. The
// realm is `sandbox:`, so that nothing made here means anything elsewhere (DESIGN section 4).

import { createHmac, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { newId } from '../crypto.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { prepareEmbeddedDatabase } from '../db/roles.ts'
import { loadOrCreateKeys } from '../issuer/keys.ts'
import { readTrustRoots, writeTrustRoots } from '../issuer/trust-roots.ts'
import { StartRefused } from '../run.ts'
import { makeRoot, openKeyRing } from './key-ring.ts'
import { TEAM_ID } from './world.ts'

export type SandboxSettings = {
  readonly port: number
  readonly issuerPort: number
  readonly sandboxPort: number
  readonly dataDir: string
  readonly logLevel: string
}
export type Prepared = {
  readonly bot: Readonly<Record<string, string>>
  readonly issuer: Readonly<Record<string, string>>
  readonly urls: { readonly bot: string; readonly issuer: string; readonly slack: string }
  /** True when this folder was empty before. */
  readonly fresh: boolean
  readonly close: () => Promise<void>
}

const RUNBOOKS = fileURLToPath(new URL('../../runbooks/', import.meta.url))
const MANIFEST = fileURLToPath(new URL('../../slack-manifest.json', import.meta.url))
const DEFAULT_TARGET_PORT = 3002
const ROOT_PERSON = 'mira'
const NEVER = new AbortController().signal

/** Starts what is embedded and answers the environment of each process; rejects, and leaves nothing running, once `over` is aborted. */
export async function prepareSandbox(settings: SandboxSettings, log: Logger, over = NEVER): Promise<Prepared> {
  const dataDir = resolve(settings.dataDir)
  const fresh = !existsSync(join(dataDir, 'trust-roots.json'))
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const urls = {
    bot: `http://localhost:${settings.port}`,
    issuer: `http://localhost:${settings.issuerPort}`,
    slack: `http://localhost:${settings.sandboxPort}`,
  }
  // Two thirds of our code, read while PostgreSQL starts.
  const outside = import('./main.ts')
  const postgres = await startEmbeddedPostgres({ dataDir, log })
  try {
    over.throwIfAborted()
    const { startSandbox } = await outside
    return { urls, fresh, ...(await prepareAround(postgres, { ...settings, dataDir }, urls, startSandbox, log, over)) }
  } catch (error) {
    // It is a process of its own and would outlive this one.
    await postgres.stop()
    throw error
  }
}

async function prepareAround(
  postgres: EmbeddedPostgres,
  { dataDir, ...settings }: SandboxSettings,
  urls: Prepared['urls'],
  startSandbox: typeof import('./main.ts').startSandbox,
  log: Logger,
  over: AbortSignal,
): Promise<Pick<Prepared, 'bot' | 'issuer' | 'close'>> {
  const databases = await prepareEmbeddedDatabase(postgres, { dataDir, database: 'countersign' })
  over.throwIfAborted()
  await migrate(databases.owner, { log })
  over.throwIfAborted()
  const roots = await prepareRealm(dataDir, urls.issuer)
  const { botToken, signingSecret } = slackSecrets(dataDir)
  const slack = await startSandbox({
    port: settings.sandboxPort,
    issuerUrl: urls.issuer,
    botUrl: urls.bot,
    signingSecret,
    botToken,
    dataDir,
    manifest: JSON.parse(readFileSync(MANIFEST, 'utf8')) as unknown,
  })
  const shared = {
    PUBLIC_URL: urls.bot,
    ISSUER_URL: urls.issuer,
    TRUST_ROOTS: roots,
    HOST: '127.0.0.1',
    LOG_LEVEL: settings.logLevel,
  }
  return {
    bot: {
      ...shared,
      PORT: String(settings.port),
      DATABASE_URL: databases.bot,
      SLACK_BOT_TOKEN: botToken,
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_TEAM_IDS: TEAM_ID,
      SLACK_API_URL: `${urls.slack}/api/`,
    },
    issuer: {
      ...shared,
      ISSUER_PORT: String(settings.issuerPort),
      ISSUER_DATABASE_URL: databases.issuer,
      KEYS_DIR: join(dataDir, 'keys'),
      RUNBOOKS_DIR: runbooksFor(dataDir, settings.sandboxPort),
      SANDBOX_KEYS: join(dataDir, 'sandbox-keys.json'),
    },
    close: async () => {
      await slack.close()
      await postgres.stop()
    },
  }
}

/** Why what is kept in this folder cannot be served at this origin; roots pin it. */
export async function misfitsOfFolder(dataDir: string, issuer: string): Promise<readonly string[]> {
  const path = join(dataDir, 'trust-roots.json')
  if (!existsSync(path)) return []
  const roots = await readTrustRoots(path)
  if (roots.issuer === issuer) return []
  return [
    `${path} belongs to ${roots.issuer}: start with ISSUER_PORT=${new URL(roots.issuer).port} again, or choose another DATA_DIR.`,
  ]
}

/** Keys and roots of the realm, made at the first start. Roots pin the issuer's origin, so another port is another realm. */
async function prepareRealm(dataDir: string, issuer: string): Promise<string> {
  const path = join(dataDir, 'trust-roots.json')
  if (existsSync(path)) {
    const misfits = await misfitsOfFolder(dataDir, issuer)
    if (misfits.length > 0) throw new StartRefused(misfits)
    return path
  }
  const realm = `sandbox:${newId()}`
  const keys = await loadOrCreateKeys({ dir: join(dataDir, 'keys'), realm, create: true })
  const ring = openKeyRing({ rpId: 'localhost', origin: issuer }, join(dataDir, 'sandbox-keys.json'))
  const root = makeRoot(ring, realm, ROOT_PERSON)
  const pinned_at = Math.floor(Date.now() / 1000)
  const pinned = { v: 1, realm, era: 1, issuer, rp_id: 'localhost', pinned_at, roots: [root], log_key: keys.logKey } as const
  await writeTrustRoots(path, pinned)
  return path
}

/** The example runbooks; a copy that names the right port when the target is not on its usual one. */
function runbooksFor(dataDir: string, sandboxPort: number): string {
  if (sandboxPort === DEFAULT_TARGET_PORT) return RUNBOOKS
  const copy = join(dataDir, 'runbooks')
  cpSync(RUNBOOKS, copy, { recursive: true })
  const targets = join(copy, 'targets.yaml')
  const there = readFileSync(targets, 'utf8').replaceAll(`localhost:${DEFAULT_TARGET_PORT}`, `localhost:${sandboxPort}`)
  writeFileSync(targets, there)
  return copy
}

/** One secret of the folder, from which the others derive. */
function secretOf(dataDir: string): Buffer {
  const path = join(dataDir, 'sandbox-secret')
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('base64url'), { mode: 0o600 })
  return Buffer.from(readFileSync(path, 'utf8'), 'base64url')
}

/** What the simulated workspace shares with the app, the same at each start of this folder. */
export function slackSecrets(dataDir: string): { readonly botToken: string; readonly signingSecret: string } {
  const secret = secretOf(dataDir)
  return { botToken: `xoxb-${derive(secret, 'bot token')}`, signingSecret: derive(secret, 'signing secret') }
}

const derive = (secret: Buffer, what: string): string => createHmac('sha256', secret).update(what).digest('hex')
