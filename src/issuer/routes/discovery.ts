// What anybody may read: who we are, our public keys, whether we live. Two issuers, never mixed (discovery.ts).

import type { FastifyPluginAsync } from 'fastify'
import { sql } from 'kysely'
import { jwks, oidcDiscovery, tokenDiscovery } from '../discovery.ts'
import type { Edge } from '../edge.ts'
import type { IssuerKeys } from '../keys.ts'

const KEPT = 'public, max-age=300'

export const discoveryRoutes =
  ({ ctx, origin }: Edge, keys: Pick<IssuerKeys, 'accessTokenKeys' | 'idTokenKeys'>): FastifyPluginAsync =>
  async (app) => {
    const documents = {
      '/.well-known/openid-configuration': tokenDiscovery(origin),
      '/jwks.json': jwks(keys.accessTokenKeys),
      '/oidc/.well-known/openid-configuration': oidcDiscovery(origin),
      '/oidc/jwks.json': jwks(keys.idTokenKeys),
    }
    for (const [path, document] of Object.entries(documents)) {
      app.get(path, async (_, reply) =>
        // Public documents that resource servers of any origin read.
        reply.headers({ 'cache-control': KEPT, 'cross-origin-resource-policy': 'cross-origin' }).send(document),
      )
    }

    app.get('/healthz', async () => ({ status: 'alive' }))
    app.get('/readyz', async (_, reply) => {
      try {
        await sql`select 1`.execute(ctx.db)
        return { status: 'ready' }
      } catch {
        return reply.code(503).send({ status: 'the database does not answer' })
      }
    })
  }
