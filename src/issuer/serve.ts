// The issuer as a process: opened from its configuration, listening, its clockwork running. The order matters: nothing listens before roots,
// directory and runbooks have been checked, and the clockwork stops before the database goes.

import type { FastifyPluginAsync } from 'fastify'
import type { Logger } from 'pino'
import type { IssuerContext } from '../commands/context.ts'
import type { IssuerConfig } from '../config.ts'
import { connect } from '../db/connect.ts'
import { refuseWhatIsWrong, tried } from '../findings.ts'
import { administratorsHint } from './administrators-hint.ts'
import { buildIssuerApp, type IssuerAppParts } from './app.ts'
import { startClockwork } from './clockwork.ts'
import { openHeadStore } from './head-store-choice.ts'
import { inspectIssuer, ownNames, runbooksRefused } from './inspect.ts'
import { openProviderRounds } from './oidc/open-provider-rounds.ts'
import { openIssuer } from './open-issuer.ts'
import { RunbooksRefused, reloader } from './read-runbooks.ts'
import { holderRequestRoutes } from './routes/holder-request.ts'
import { readPastRoots } from './trust-roots.ts'

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
  const metrics =
    config.metricsToken === undefined ? undefined : (await import('../metrics.ts')).openMetrics('issuer', config.metricsToken)
  const db = connect(config.databaseUrl, {
    applicationName: 'countersign issuer',
    max: CONNECTIONS,
    lockTimeoutMs: LOCK_TIMEOUT_MS,
    log,
    watch: metrics?.watchPool,
  })
  const closing: (() => Promise<void> | void)[] = [() => db.destroy()]
  const end = async (): Promise<void> => {
    for (const close of closing.splice(0).toReversed()) await close()
  }
  try {
    const { findings, roots, keys } = await inspectIssuer(config, db)
    refuseWhatIsWrong(findings)
    if (!roots || !keys) throw new TypeError('nothing was wrong, and yet there are no roots or keys')
    const { value: heads, finding } = await tried(
      'heads',
      config.headStoreUrl === undefined ? 'KEYS_DIR' : 'HEAD_STORE_URL',
      async () => {
        const store = await openHeadStore({ ...config, realm: roots.realm, db, log })
        closing.push(() => store.close())
        // What cannot be read stops the start, like everything else that was kept wrong.
        await store.read()
        return store
      },
    )
    refuseWhatIsWrong([finding])
    if (!heads) throw new TypeError('nothing was wrong, and yet there are no heads')
    const opened = await openIssuer({
      db,
      now: () => new Date(),
      log,
      watch: metrics?.watch,
      keys,
      roots,
      pastRoots: await readPastRoots(config.trustRoots, roots, (why) =>
        log.warn({ why }, 'roots of an earlier era cannot be read: receipts of then are not given'),
      ),
      heads,
      origin: config.issuerUrl,
      rpId: new URL(config.issuerUrl).hostname,
      runbooksDir: config.runbooksDir,
      ownNames: ownNames(config),
    })
    const { ctx } = opened
    await sandbox?.prepare(ctx)
    const { provider } = config
    const rounds = provider && (await openProviderRounds(ctx, provider, keys))
    const app = buildIssuerApp({
      ctx,
      keys,
      publicUrl: config.publicUrl,
      trustedProxies: config.trustedProxies,
      metrics,
      rounds,
      ...(sandbox && { sandbox: sandbox.people(ctx), extras: sandbox.extras }),
    })
    await app.register(holderRequestRoutes(ctx))
    await app.listen({ host: config.host, port: config.port })
    const chain = await ctx.chain()
    const hint = sandbox ? undefined : administratorsHint(chain)
    if (hint !== undefined) log.warn({ administrators: chain.administrators.size }, hint)
    const clockwork = startClockwork(ctx)
    return {
      reload: reloader(opened.reload, log),
      close: async () => {
        await Promise.all([app.close(), clockwork.stop()])
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error instanceof RunbooksRefused ? runbooksRefused(error, 'RUNBOOKS_DIR: ') : error
  }
}
