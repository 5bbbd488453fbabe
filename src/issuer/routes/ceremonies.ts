// `POST /v1/ceremonies`: a nonce, and whose keys may answer. Stateless: nothing is kept, so asking costs nothing and means nothing. A statement names
// its signer's key, so the page must know the keys before it asks one. A link tells whose they are; elsewhere only one's own are told.

import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import { findHeld } from '../../db/holds.ts'
import { findView } from '../../db/issuer-queries/find-view.ts'
import { findPasskeysOf } from '../../db/passkeys.ts'
import { acceptFor } from '../../domain/accepted-keys.ts'
import { decodeBase64url } from '../../domain/base64url.ts'
import { registrationOptions } from '../../passkeys/ceremony.ts'
import { makeNonce } from '../../passkeys/nonce.ts'
import { refuseWith, Turned } from '../answers.ts'
import type { Edge } from '../edge.ts'
import { sessionOf } from '../session-cookie.ts'
import { person, viewId } from './bodies.ts'

const Ceremony = z.discriminatedUnion('purpose', [
  z.strictObject({ purpose: z.enum(['request', 'decide', 'revoke']), view: viewId }),
  z.strictObject({ purpose: z.enum(['sign_in', 'claim', 'directory']) }),
  z.strictObject({ purpose: z.literal('register'), person }),
])

export const ceremonyRoutes =
  ({ ctx, cookie }: Edge): FastifyPluginAsync =>
  async (app) => {
    app.post('/v1/ceremonies', async (request, reply) => {
      const ask = Ceremony.parse(request.body)
      // Only a claim is made by programs: it is signed by the holder key, no page is involved.
      if (ask.purpose !== 'claim' && request.headers.origin === undefined) throw new Turned('wrong_origin')
      const begun = { realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()), rpId: ctx.roots.rp_id }
      switch (ask.purpose) {
        case 'sign_in':
        case 'claim':
          return begun
        case 'register': {
          const found = ctx.published().ruleSet.people.find(({ id }) => id === ask.person)
          if (!found) return refuseWith(reply, { reason: 'unknown_person' })
          const creation = await registrationOptions({
            rpId: ctx.roots.rp_id,
            rpName: 'Countersign',
            realm: ctx.realm,
            person: found.id,
            personName: found.name,
            challenge: decodeBase64url(begun.nonce) ?? new Uint8Array(),
            known: (await findPasskeysOf(ctx.db, found.id)).filter(({ era }) => era === ctx.roots.era),
            accept: acceptFor(ctx.published().ruleSet, found.id),
          })
          return { ...begun, signer: found.id, creation }
        }
        case 'directory': {
          const session = await sessionOf(ctx, cookie, request)
          if (!session) return refuseWith(reply, { reason: 'signed_out' })
          return { ...begun, signer: session.person, passkeys: await keysOf(session.person) }
        }
        default: {
          const view = await findView(ctx.db, ask.view)
          if (!view) return refuseWith(reply, { reason: 'unknown_view' })
          return { ...begun, signer: view.person, passkeys: await keysOf(view.person) }
        }
      }
    })

    const keysOf = async (signer: string) => {
      const [own, held] = await Promise.all([findPasskeysOf(ctx.db, signer), findHeld(ctx.db)])
      return own
        .filter(({ status, thumbprint }) => status === 'active' && !held.has(thumbprint))
        .map(({ id, thumbprint, nickname, transports }) => ({ id, thumbprint, nickname, transports }))
    }
  }
