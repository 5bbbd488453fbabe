// What anybody may read: who we are, and our public keys. Two issuers, never mixed (discovery.ts).

import type { FastifyPluginAsync } from 'fastify'
import { jwks, oidcDiscovery, tokenDiscovery } from '../discovery.ts'
import type { Edge } from '../edge.ts'
import type { IssuerKeys } from '../keys.ts'

const KEPT = 'public, max-age=300'

export const discoveryRoutes =
  ({ origin }: Edge, keys: Pick<IssuerKeys, 'accessTokenKeys' | 'idTokenKeys'>): FastifyPluginAsync =>
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
  }
