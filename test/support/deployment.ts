// A deployment of production that could start: keys, roots, runbooks and a migrated database of its own, and the environment of each process. Tests break
// one thing of it and run the command as an operator does, in a process of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId } from '../../src/crypto.ts'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import { writeTrustRoots } from '../../src/issuer/trust-roots.ts'
import { makeRoot, openKeyRing } from '../../src/sandbox/key-ring.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { freePort } from './free-port.ts'
import { FLAGS } from './product.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const ISSUER_URL = 'https://issuer.example.com'
/** Stands in every secret of a deployment, so that a test can look for it. */
export const SECRET = 's3cr3t'
const END_MS = 40_000

export type Environment = Readonly<Record<string, string>>
export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }
export type Deployment = {
  readonly dir: string
  readonly database: TestDatabase
  readonly bot: Environment
  readonly issuer: Environment
}

/** Files, database and ports of a deployment, all of which end with the tests. */
export async function newDeployment(t: { after(work: () => Promise<void>): void }): Promise<Deployment> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-deployment-'))
  chmodSync(dir, 0o711)
  t.after(async () => rmSync(dir, { recursive: true, force: true }))
  const realm = `prod:${newId()}`
  const { logKey } = await loadOrCreateKeys({ dir: join(dir, 'keys'), realm, create: true })
  const root = makeRoot(openKeyRing({ rpId: 'issuer.example.com', origin: ISSUER_URL }), realm, 'mira')
  const roots = {
    v: 1,
    realm,
    era: 1,
    issuer: ISSUER_URL,
    rp_id: 'issuer.example.com',
    pinned_at: Math.floor(Date.now() / 1000),
    roots: [root],
    log_key: logKey,
  } as const
  await writeTrustRoots(join(dir, 'trust-roots.json'), roots)
  cpSync(join(ROOT, 'runbooks'), join(dir, 'runbooks'), { recursive: true })
  const database = await createTestDatabase(t)
  const shared = { PUBLIC_URL: 'https://bot.example.net', ISSUER_URL, TRUST_ROOTS: join(dir, 'trust-roots.json') }
  return {
    dir,
    database,
    bot: {
      ...shared,
      PORT: String(await freePort()),
      DATABASE_URL: database.botUrl,
      SLACK_BOT_TOKEN: `xoxb-${SECRET}`,
      SLACK_SIGNING_SECRET: `${SECRET}-0123456789abcdef`,
      SLACK_TEAM_IDS: 'T0123ABC',
      SLACK_API_URL: `http://localhost:${await freePort()}/api/`,
    },
    issuer: {
      ...shared,
      ISSUER_PORT: String(await freePort()),
      ISSUER_DATABASE_URL: database.issuerUrl,
      KEYS_DIR: join(dir, 'keys'),
      RUNBOOKS_DIR: join(dir, 'runbooks'),
    },
  }
}

export type As = { readonly uid: number; readonly gid: number }

/** Starts a command of the product with exactly this environment beside PATH. */
export function launch(
  args: readonly string[],
  environment: Environment,
  { as, cwd }: { as?: As; cwd?: string } = {},
): ChildProcess {
  return spawn(process.execPath, [...FLAGS, join(ROOT, 'src/main.ts'), ...args], {
    cwd: cwd ?? ROOT,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...as,
  })
}

/** Runs a command of the product to its end, which must come by itself. */
export async function runToEnd(
  args: readonly string[],
  environment: Environment,
  options: { as?: As; cwd?: string } = {},
): Promise<Ended> {
  const child = launch(args, environment, options)
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(late)
  return { code, out, err }
}
