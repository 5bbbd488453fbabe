// What the issuer shows to whoever watches it: whether it can issue, and what lives. An issuer that may not mint is not ready, and still takes decisions
// and revocations: a proxy that chooses where people go asks `/healthz`.

import type { FastifyInstance } from 'fastify'
import type { IssuerContext } from '../commands/context.ts'
import { findStop } from '../commands/minting.ts'
import { countLiveGrants } from '../db/grants.ts'
import { countRecalls } from '../db/recalls.ts'
import { findPublishedDigest } from '../db/rule-sets.ts'
import { TELL_AFTER_TRIES } from '../domain/grant.ts'
import type { Metrics } from '../metrics.ts'
import { answerReadiness, lookAtDatabase, shared } from '../readiness.ts'

/** `GET /healthz` and `/readyz`. */
export function healthRoutes(app: FastifyInstance, ctx: IssuerContext): void {
  app.get('/healthz', async () => ({ status: 'alive' }))
  const needed = {
    database: lookAtDatabase(ctx.db),
    rules: shared(async () =>
      (await findPublishedDigest(ctx.db)) === ctx.published().digest
        ? { ready: true, words: 'The runbooks that this issuer read are in force.' }
        : {
            ready: false,
            words: 'Other runbooks are in force than this issuer read. Give every issuer the same, and send it SIGHUP.',
          },
    ),
    minting: shared(async () => {
      const stop = await findStop(ctx)
      return stop === undefined
        ? { ready: true, words: 'Credentials are issued.' }
        : { ready: false, words: `Nothing is issued: ${stop.why}. What was issued is still ended.` }
    }),
  }
  app.get('/readyz', (_, reply) => answerReadiness(reply, needed))
}

/** The directory, whether anything is issued, and the grants that live, looked up at each scrape. */
export function watchIssuing({ gauge }: Metrics, ctx: IssuerContext): void {
  gauge('countersign_directory_sequence', 'Changes in the verified directory', async () => (await ctx.chain()).sequence)
  gauge('countersign_minting_stopped', '1 while nothing may be issued', async () => ((await findStop(ctx)) ? 1 : 0))
  gauge('countersign_grants', 'Grants that live', () => countLiveGrants(ctx.db), 'state')
  gauge(
    'countersign_recalls',
    'Credentials that a target has still to confirm as ended: asked in good hope, or in vain so often that people were told',
    () => countRecalls(ctx.db, TELL_AFTER_TRIES),
    'standing',
  )
}
