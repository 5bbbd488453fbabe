// The simulated security key on the issuer's origin: two doors that only the sandbox's start adds. A page that offers it sends the challenge it would
// have given to the browser and gets the answer a key would have given; everything after that is the same code as for a real key.

import type { FastifyPluginAsync } from 'fastify'
import { z } from 'zod'
import type { KeyRing } from './key-ring.ts'

const text = z.string().regex(/^[A-Za-z0-9_-]{1,2000}$/)
const AssertBody = z.union([
  z.strictObject({ id: text, challenge: text }),
  z.strictObject({ person: z.string().max(64), challenge: text }),
])
const CreateBody = z.strictObject({ person: z.string().max(64), challenge: text, userHandle: text })

/** The doors `/sandbox/key/…`; `ring` signs for whoever asks. */
export const simulatedKey =
  (ring: KeyRing): FastifyPluginAsync =>
  async (app) => {
    app.post('/sandbox/key/assert', async (request, reply) => {
      const body = AssertBody.parse(request.body)
      const id = 'id' in body ? body.id : ring.idsOf(body.person)[0]
      const response = id === undefined ? undefined : ring.assert(id, body.challenge)
      return response ?? reply.code(404).send({ reason: 'unknown_passkey', words: 'The simulated key has no passkey for this.' })
    })
    app.post('/sandbox/key/create', async (request) => {
      const { person, challenge, userHandle } = CreateBody.parse(request.body)
      return ring.create(person, challenge, userHandle).response
    })
  }
