// The issuer as a process: opened from its configuration, listening, its clockwork running. The order matters: nothing listens before roots,
// directory and runbooks have been checked, and the clockwork stops before the database goes.

import type { FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import type { IssuerContext } from '../commands/context.ts'
import { type IssuerConfig, misfitsOfRealm } from '../config.ts'
import { connect } from '../db/connect.ts'
import { loginMisfits } from '../db/login-misfits.ts'
import { ISSUER_ROLE } from '../db/roles.ts'
import { StartRefused } from '../run.ts'
import { buildIssuerApp, type IssuerAppParts } from './app.ts'
import { startClockwork } from './clockwork.ts'
import { openFileHeadStore } from './head-store.ts'
import { loadOrCreateKeys } from './keys.ts'
import { openIssuer } from './open-issuer.ts'
import { RunbooksRefused, reloader } from './read-runbooks.ts'
import { holderRequestRoutes } from './routes/holder-request.ts'
import { readTrustRoots } from './trust-roots.ts'

const CONNECTIONS = 12
const LOCK_TIMEOUT_MS = 5_000

/** What only the sandbox adds. */
export type SandboxPart = {
  readonly extras: FastifyPluginAsync
  readonly prepare: (ctx: IssuerContext) => Promise<void>
  readonly people: (ctx: IssuerContext) => NonNullable<IssuerAppParts['sandbox']>
}

/** Serves the issuer until `close`. What the operator can mend is thrown as StartRefused. */
export async function serveIssuer(
  config: IssuerConfig,
  log: Logger,
  sandbox?: SandboxPart,
): Promise<{ readonly reload: () => Promise<void>; readonly close: () => Promise<void> }> {
  const roots = await readTrustRoots(config.trustRoots)
  const misfits = misfitsOfRealm(config, roots)
  if (misfits.length > 0) throw new StartRefused(misfits)
  const keys = await loadOrCreateKeys({ dir: config.keysDir, realm: roots.realm, create: false })
  const heads = await openFileHeadStore(`${config.keysDir}/heads.json`)
  const metrics =
    config.metricsToken === undefined ? undefined : (await import('../metrics.ts')).openMetrics('issuer', config.metricsToken)
  const db = connect(config.databaseUrl, {
    applicationName: 'countersign issuer',
    max: CONNECTIONS,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    log,
    watch: metrics?.watchPool,
  })
  const end = async (): Promise<void> => {
    await db.destroy()
    heads.close()
  }
  const beyond = await loginMisfits(db, 'ISSUER_DATABASE_URL', ISSUER_ROLE).catch(async (error: unknown) => {
    await end()
    throw error
  })
  if (beyond.length > 0) {
    await end()
    throw new StartRefused(beyond)
  }
  const opened = await openIssuer({
    db,
    now: () => new Date(),
    log,
    watch: metrics?.watch,
    keys,
    roots,
    heads,
    origin: config.issuerUrl,
    rpId: new URL(config.issuerUrl).hostname,
    runbooksDir: config.runbooksDir,
    ownNames: [config.publicUrl, 'bot'],
  }).catch(async (error: unknown) => {
    await end()
    throw error instanceof RunbooksRefused ? new StartRefused([`${error.message}\n${error.told}`]) : error
  })
  const { ctx } = opened
  await sandbox?.prepare(ctx)
  const app = buildIssuerApp({
    ctx,
    keys,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    metrics,
    ...(sandbox && { sandbox: sandbox.people(ctx), extras: sandbox.extras }),
  })
  await app.register(holderRequestRoutes(ctx))
  await app.listen({ host: config.host, port: config.port })
  const clockwork = startClockwork(ctx)
  return {
    reload: reloader(opened.reload, log),
    close: async () => {
      await clockwork.stop()
      await app.close()
      await end()
    },
  }
}
