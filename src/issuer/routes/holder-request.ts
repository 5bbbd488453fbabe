// How a terminal learns which request named it, and how that stands. It asks by the thumbprint of its signing key, which nobody else knows before the
// requester has named it; what it learns is worth nothing without that key. Changes nothing.

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { IssuerContext } from '../../commands/context.ts'
import { findNamed } from '../../commands/offer-holder.ts'
import { digest } from '../../domain/ids.ts'
import { read } from '../../domain/shape.ts'
import { answer } from '../answers.ts'

const params = z.strictObject({ holder: z.string().refine((text) => read(digest, text).ok) })

/** The door `GET /v1/holders/:holder/request`. */
export const holderRequest = (ctx: IssuerContext) => async (app: FastifyInstance) => {
  app.get('/v1/holders/:holder/request', async (request, reply) => {
    const { holder } = params.parse(request.params)
    return answer(reply, await findNamed(ctx, holder), ({ naming }) => naming)
  })
}
