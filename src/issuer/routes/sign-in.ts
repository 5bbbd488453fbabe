// Sign-in for the bot: OAuth 2.0 authorization code with PKCE and an ID token (OpenID Connect Core). One client, one address to go back to, no client
// secret: the code is worth nothing without the verifier that the browser's own session at the bot holds. A GET only shows the page; the code is
// made for a post of our own page that brings an assertion over a sign-in at the bot. A session of the issuer does not do: whoever stole one would have the
// bot's as well.

import formbody from '@fastify/formbody'
import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import { issueSignInCode, redeemSignInCode, signIn } from '../../commands/sign-in.ts'
import { signJws } from '../../credentials/jws.ts'
import { ROLES } from '../../domain/directory.ts'
import { holdsRole } from '../../evidence/chain-state.ts'
import { refuseWith } from '../answers.ts'
import { ID_TOKEN_TYPE, oidcIssuer } from '../discovery.ts'
import type { Edge } from '../edge.ts'
import type { IssuerKeys } from '../keys.ts'
import { signInPage } from '../pages/sign-in.ts'
import { signed } from './bodies.ts'

const CLIENT = 'bot'
const TOKEN_SECONDS = 300
const opaque = z.string().regex(/^[A-Za-z0-9._~-]{8,512}$/)

export const signInRoutes =
  ({ ctx, site, cookie, origin }: Edge, publicUrl: string, keys: Pick<IssuerKeys, 'sign' | 'idTokenKid'>): FastifyPluginAsync =>
  async (app) => {
    const redirect_uri = z.literal(`${publicUrl}/signed-in`)
    const Authorize = z.strictObject({
      response_type: z.literal('code'),
      client_id: z.literal(CLIENT),
      redirect_uri,
      scope: z.literal('openid'),
      state: opaque,
      nonce: opaque,
      code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      code_challenge_method: z.literal('S256'),
    })
    const Answered = z.strictObject({ ...signed, authorize: Authorize })
    const Token = z.strictObject({
      grant_type: z.literal('authorization_code'),
      client_id: z.literal(CLIENT),
      redirect_uri,
      code: opaque,
      code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
    })

    app.get('/authorize', async (request, reply) => {
      const authorize = Authorize.parse(request.query)
      const why = 'Countersign’s console wants to know who you are. Use your key.'
      return reply.type('text/html; charset=utf-8').send(signInPage(site, { realm: ctx.realm, why, onward: { authorize } }))
    })

    app.post('/authorize', async (request, reply) => {
      const { authorize: ask, ...said } = Answered.parse(request.body)
      const entered = await signIn(ctx, said, CLIENT)
      if (!entered.ok) return refuseWith(reply, entered.refusal)
      cookie.set(reply, entered.token)
      const code = await issueSignInCode(ctx, entered, {
        clientId: ask.client_id,
        redirectUri: ask.redirect_uri,
        codeChallenge: ask.code_challenge,
        nonce: ask.nonce,
      })
      const location = new URL(ask.redirect_uri)
      // RFC 9207: the bot can tell that the answer comes from whom it asked.
      location.search = new URLSearchParams({ code, state: ask.state, iss: oidcIssuer(origin) }).toString()
      return { location: location.href }
    })

    app.register(async (form) => {
      form.register(formbody, { bodyLimit: 16 * 1024 })
      form.post('/token', async (request, reply) => {
        const proof = Token.safeParse(request.body)
        if (!proof.success) return reply.code(400).send({ error: 'invalid_request' })
        const { code, client_id: clientId, redirect_uri: redirectUri, code_verifier: codeVerifier } = proof.data
        const who = await redeemSignInCode(ctx, { code, clientId, redirectUri, codeVerifier })
        if (!who) return reply.code(400).send({ error: 'invalid_grant' })
        const chain = await ctx.chain()
        const now = Math.floor(ctx.now().getTime() / 1000)
        const id_token = await signJws(
          keys.sign,
          { alg: 'ES256', kid: keys.idTokenKid, typ: ID_TOKEN_TYPE },
          {
            iss: oidcIssuer(origin),
            sub: who.person,
            aud: CLIENT,
            iat: now,
            exp: now + TOKEN_SECONDS,
            auth_time: Math.floor(who.authenticatedAt.getTime() / 1000),
            nonce: who.nonce,
            // RFC 8176: possession of a key was proved and the user tested.
            amr: ['pop', 'user'],
            // What the signed directory says of the person now; the rules can only take from it.
            roles: ROLES.filter((role) => holdsRole(chain, who.person, role)),
            realm: ctx.realm,
          },
        )
        return { id_token, token_type: 'Bearer', expires_in: TOKEN_SECONDS }
      })
    })
  }
