// How a terminal learns which request named it, and how that stands. It asks by the thumbprint of its signing key, which nobody else knows before the
// requester has named it; what it learns is worth nothing without that key. Changes nothing.

import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import type { IssuerContext } from '../../commands/context.ts'
import { findNamed } from '../../commands/offer-holder.ts'
import { digest } from '../../domain/ids.ts'
import { read } from '../../domain/shape.ts'
import { answer } from '../answers.ts'

const Params = z.strictObject({ holder: z.string().refine((text) => read(digest, text).ok) })

/** The door `GET /v1/holders/:holder/request`. */
export const holderRequestRoutes =
  (ctx: IssuerContext): FastifyPluginAsync =>
  async (app) => {
    app.get('/v1/holders/:holder/request', async (request, reply) =>
      answer(reply, await findNamed(ctx, Params.parse(request.params).holder), ({ naming }) => naming),
    )
  }
