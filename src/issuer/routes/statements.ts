// `POST /v1/statements` and `/v1/registrations`: what keys signed goes in here. The kind inside the signed bytes selects the command; nothing beside
// them can. Each accepted tap of a person also begins a session of the issuer's pages, which shows things and decides nothing.

import type { FastifyPluginAsync, FastifyReply, onRequestAsyncHookHandler } from 'fastify'
import { z } from 'zod'
import { acceptStatement, type Effect } from '../../commands/accept-statement.ts'
import { changeDirectory } from '../../commands/change-directory.ts'
import { liftHold } from '../../commands/lift-hold.ts'
import { completeRegistration, registerPasskey } from '../../commands/register-passkey.ts'
import { signIn, startSession } from '../../commands/sign-in.ts'
import { decodeBase64url } from '../../domain/base64url.ts'
import { MAX_CHANGE_BYTES } from '../../domain/directory.ts'
import { readStatement } from '../../domain/statement.ts'
import { refusalWords } from '../../domain/words.ts'
import { makeNonce } from '../../passkeys/nonce.ts'
import { registrationResponse } from '../../passkeys/response.ts'
import { answer, refuseWith } from '../answers.ts'
import type { Edge } from '../edge.ts'
import { keyWords } from '../key-words.ts'
import { neighbourhoodOf } from '../rate-limit.ts'
import { sessionOf } from '../session-cookie.ts'
import { bytes, person, signed } from './bodies.ts'

const Signed = z.strictObject({
  ...signed,
  note: z.strictObject({ value: z.string().min(1).max(500), salt: bytes(32) }).optional(),
  change: bytes(12_288).optional(),
})
/** A list of 200 keys, which only somebody who is signed in may send. */
const Change = z.strictObject({ ...signed, change: bytes(MAX_CHANGE_BYTES) })
const MAX_CHANGE_BODY = 512 * 1024
const Registration = z.strictObject({
  person,
  nickname: z
    .string()
    .min(1)
    .max(60)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u),
  nonce: z.string().max(120),
  attestation: registrationResponse,
})

export const statementRoutes =
  ({ ctx, cookie, rounds }: Edge): FastifyPluginAsync =>
  async (app) => {
    app.post('/v1/statements', async (request, reply) => {
      const { change, ...input } = Signed.parse(request.body)
      const read = readStatement(decodeBase64url(input.statement) ?? new Uint8Array())
      if (!read.ok) return refuseWith(reply, { reason: 'malformed', path: read.path, problem: read.problem })
      switch (read.value.kind) {
        case 'request':
        case 'decide': {
          const taken = await acceptStatement(ctx, input)
          if (taken.ok) await begin(reply, taken)
          return answer(reply, taken, ({ effects }) => ({ requests: effects.map(told) }))
        }
        case 'register': {
          const proved = await completeRegistration(ctx, input)
          const provider = proved.ok ? await offer(reply, proved) : undefined
          return answer(reply, proved, ({ thumbprint, person }) => ({
            thumbprint,
            person,
            words: keyWords(thumbprint),
            ...(provider === undefined ? {} : { provider }),
          }))
        }
        case 'directory': {
          const changed = await changeDirectory(ctx, { ...input, change: change ?? '' })
          return answer(reply, changed, ({ sequence, waits }) => ({ sequence, waits }))
        }
        case 'lift':
          return answer(reply, await liftHold(ctx, input), ({ passkey }) => ({ passkey }))
        case 'sign_in': {
          const entered = await signIn(ctx, input)
          if (entered.ok) cookie.set(reply, entered.token)
          return answer(reply, entered, ({ person }) => ({ person }))
        }
        case 'revoke':
          return refuseWith(reply, { reason: 'malformed', path: '/kind', problem: 'goes to /v1/revocations' })
      }
    })

    const signedIn: onRequestAsyncHookHandler = async (request, reply) => {
      if (!(await sessionOf(ctx, cookie, request))) return refuseWith(reply, { reason: 'signed_out' })
      return undefined
    }
    app.post('/v1/changes', { bodyLimit: MAX_CHANGE_BODY, onRequest: signedIn }, async (request, reply) => {
      const changed = await changeDirectory(ctx, Change.parse(request.body))
      return answer(reply, changed, ({ sequence, waits }) => ({ sequence, waits }))
    })

    app.post('/v1/registrations', async (request, reply) => {
      const ask = Registration.parse(request.body)
      const signedIn = (await sessionOf(ctx, cookie, request))?.person === ask.person
      const registered = await registerPasskey(ctx, ask, { network: neighbourhoodOf(request.ip), signedIn })
      // The next tap proves possession and has a nonce of its own.
      return answer(reply, registered, ({ id, key, thumbprint }) => ({
        id,
        key,
        thumbprint,
        nonce: makeNonce(ctx.nonceKey, ctx.now()),
      }))
    })

    const begin = async (reply: FastifyReply, by: { readonly person: string; readonly passkey: string }): Promise<void> =>
      cookie.set(reply, await startSession(ctx, ctx.db, by.person, by.passkey))

    /** Notes in the browser that has just proved a key that it may have it enrolled by a sign-in, and says where. */
    const offer = async (reply: FastifyReply, by: { readonly person: string; readonly thumbprint: string }) => {
      if (!rounds || !(await rounds.offers(by.person))) return undefined
      rounds.cookies.proved.set(reply, { person: by.person, passkey: by.thumbprint }, ctx.now())
      return rounds.provider.name
    }
  }

/** What became of each request that a statement names: each is decided by itself. */
const told = (effect: Effect): object =>
  'refusal' in effect ? { request: effect.request, reason: effect.refusal.reason, words: refusalWords(effect.refusal) } : effect
