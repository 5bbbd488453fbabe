// The doors of the places where credentials are needed: a terminal offers its keys, the page looks a terminal up, a holder key claims or gives back,
// a person's key ends early. Programs call these too, so an Origin may be missing; every message carries its own signature.

import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import { claimCredential } from '../../commands/claim-credential.ts'
import { findHolderOffer, offerHolder } from '../../commands/offer-holder.ts'
import { giveBack, revokeGrant } from '../../commands/revoke-grant.ts'
import { startSession } from '../../commands/sign-in.ts'
import { read } from '../../domain/shape.ts'
import { holder } from '../../domain/statement.ts'
import { findUnseen } from '../../domain/visible.ts'
import { answer, refuseWith } from '../answers.ts'
import type { Edge } from '../edge.ts'
import { bytes, signed } from './bodies.ts'

const Offer = z.strictObject({
  holder: z.unknown(),
  name: z
    .string()
    .min(1)
    .max(80)
    .refine((name) => findUnseen(name) === undefined, 'holds a character that does not show'),
})
const Code = z.strictObject({ code: z.string().regex(/^[0-9a-z]{4}(?:-[0-9a-z]{4}){3}$/) })
const Claim = z.strictObject({ claim: bytes(8192), signature: bytes(64) })
const Revocation = z.union([z.strictObject({ giveBack: bytes(8192), signature: bytes(64) }), z.strictObject(signed)])

export const claimRoutes =
  ({ ctx, cookie }: Edge): FastifyPluginAsync =>
  async (app) => {
    app.post('/v1/holders', async (request, reply) => {
      const offer = Offer.parse(request.body)
      const keys = read(holder, offer.holder)
      if (!keys.ok) return refuseWith(reply, { reason: 'malformed', path: `/holder${keys.path}`, problem: keys.problem })
      return offerHolder(ctx, { holder: keys.value, name: offer.name, address: request.ip })
    })

    app.get('/v1/holders/:code', async (request, reply) =>
      answer(reply, await findHolderOffer(ctx, Code.parse(request.params).code), ({ offer }) => offer),
    )

    app.post('/v1/claims', async (request, reply) =>
      answer(
        reply,
        await claimCredential(ctx, Claim.parse(request.body)),
        ({ credential, number, ciphertext, fingerprint, endsAt }) => ({
          credential,
          number,
          ciphertext,
          fingerprint,
          endsAt,
        }),
      ),
    )

    app.post('/v1/revocations', async (request, reply) => {
      const input = Revocation.parse(request.body)
      if ('giveBack' in input) return answer(reply, await giveBack(ctx, input), ({ state }) => ({ state }))
      const ended = await revokeGrant(ctx, input)
      if (ended.ok && ended.passkey !== undefined) cookie.set(reply, await startSession(ctx, ctx.db, ended.person, ended.passkey))
      return answer(reply, ended, ({ state }) => ({ state }))
    })
  }
