// An OpenID provider of the issuer's kind, on a real port, whose tokens a test can bend: the bot must find out by itself.

import Fastify from 'fastify'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { sha256 } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { ROLES } from '../../src/domain/directory.ts'

export type Bend = {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly foreignKey?: boolean
  readonly age?: number
}

export async function openOidc(t: { after(work: () => Promise<void>): void }, realm: string) {
  const own = await generateKeyPair('ES256')
  const foreign = await generateKeyPair('ES256')
  const app = Fastify({ forceCloseConnections: true })
  const codes = new Map<
    string,
    { readonly person: string; readonly nonce: string; readonly challenge: string; readonly bend: Bend }
  >()
  let origin = ''
  let discoveryBend: Record<string, unknown> = {}
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.get('/oidc/.well-known/openid-configuration', () => ({
    issuer: `${origin}/oidc`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/oidc/jwks.json`,
    ...discoveryBend,
  }))
  app.get('/oidc/jwks.json', async () => ({
    keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  }))
  app.post<{ Body: Record<string, string> }>('/token', async (request, reply) => {
    const { code = '', code_verifier = '', client_id, redirect_uri } = request.body
    const of = codes.get(code)
    codes.delete(code)
    const challenge = encodeBase64url(sha256(new TextEncoder().encode(code_verifier)))
    if (!of || of.challenge !== challenge || client_id !== 'bot' || !redirect_uri?.endsWith('/signed-in'))
      return reply.code(400).send({ error: 'invalid_grant' })
    const now = Math.floor(Date.now() / 1000) - (of.bend.age ?? 0)
    const claims = {
      nonce: of.nonce,
      auth_time: now,
      amr: ['pop', 'user'],
      realm,
      sub: of.person,
      roles: [...ROLES],
      aud: 'bot',
      iss: `${origin}/oidc`,
      ...of.bend.claims,
    }
    const id_token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'id+jwt', ...of.bend.header })
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(of.bend.foreignKey ? foreign.privateKey : own.privateKey)
    return { id_token, token_type: 'Bearer', expires_in: 300 }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  const address = app.server.address()
  origin = `http://localhost:${typeof address === 'object' && address ? address.port : 0}`
  return {
    origin,
    /** What a person's key would bring about at `/authorize`: a code for exactly this question. */
    authorize: (
      url: string,
      person: string,
      bend: Bend = {},
    ): { readonly code: string; readonly state: string; readonly iss: string } => {
      const asked = new URL(url).searchParams
      const code = crypto.randomUUID()
      codes.set(code, { person, nonce: asked.get('nonce') ?? '', challenge: asked.get('code_challenge') ?? '', bend })
      return { code, state: asked.get('state') ?? '', iss: `${origin}/oidc` }
    },
    bendDiscovery: (bend: Record<string, unknown>) => {
      discoveryBend = bend
    },
  }
}
