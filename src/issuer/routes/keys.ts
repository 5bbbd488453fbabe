// `/enrol` and `/keys`, and signing out. What administrators see here is a convenience: the chain of the directory decides who may sign.

import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { rolesToGive } from '../../commands/change-directory.ts'
import { rejectRegistration } from '../../commands/register-passkey.ts'
import { findAllPasskeys } from '../../db/issuer-queries/find-passkeys.ts'
import {
  findOpenRegistrations,
  findPasskeysOf,
  findRegistration,
  type PasskeyRow,
  passkeyOf,
  type RegistrationRow,
} from '../../db/passkeys.ts'
import { endSession } from '../../db/sign-in.ts'
import { ACCEPTS, acceptFor } from '../../domain/accepted-keys.ts'
import { acceptWords } from '../../domain/accepted-words.ts'
import { type AttestationList, findModel } from '../../domain/attestation.ts'
import type { Role } from '../../domain/directory.ts'
import { acceptedModels } from '../../passkeys/needed-keys.ts'
import { answer, refuseWith } from '../answers.ts'
import type { Named } from '../asked.ts'
import type { Edge } from '../edge.ts'
import { keyWords } from '../key-words.ts'
import { type EnrolState, enrolPage, type Waiting } from '../pages/enrol.ts'
import { type KeyRow, keysPage } from '../pages/keys.ts'
import { signInPage } from '../pages/sign-in.ts'
import { sessionOf } from '../session-cookie.ts'

const Onward = z.strictObject({ onward: z.literal('enrol').optional() })
const Nothing = z.strictObject({})
const Reject = z.strictObject({ thumbprint: z.string().max(64) })

export const keyRoutes =
  ({ ctx, site, cookie, rounds }: Edge): FastifyPluginAsync =>
  async (app) => {
    const named = (id: string): Named => ({ id, name: ctx.published().ruleSet.people.find((each) => each.id === id)?.name ?? id })
    const administers = async (id: string): Promise<boolean> =>
      ctx.published().ruleSet.administrators.includes(id) && (await ctx.chain()).administrators.has(id)
    const next = async () => {
      const { sequence, head } = await ctx.chain()
      return { sequence: sequence + 1, previous: head }
    }
    const waiting = async () => {
      const [rows, state] = await Promise.all([findOpenRegistrations(ctx.db), ctx.chain()])
      const models = ctx.attestation()
      return rows.map((row) => waitingOf(row, named, rolesToGive(ctx.published().ruleSet, state, row.person), models))
    }
    /** A key that was proved in this browser and that a sign-in at the provider could still enrol. */
    const provedIn = async (request: FastifyRequest): Promise<EnrolState['proved']> => {
      const proved = rounds?.cookies.proved.of(request, ctx.now())
      if (!rounds || !proved || !(await rounds.offers(proved.person))) return undefined
      const row = await findRegistration(ctx.db, proved.passkey)
      return row?.ended_at === null ? { words: keyWords(proved.passkey), provider: rounds.provider.name } : undefined
    }
    const signing = async (id: string) => (await findPasskeysOf(ctx.db, id)).filter(({ status }) => status === 'active')

    app.get('/enrol', async (request, reply) => {
      const session = await sessionOf(ctx, cookie, request)
      const administrator: EnrolState['administrator'] =
        session && (await administers(session.person))
          ? {
              who: named(session.person),
              keys: await signing(session.person),
              waiting: await waiting(),
              next: await next(),
            }
          : undefined
      const { ruleSet } = ctx.published()
      const people = ruleSet.people.map(({ id, name }) => ({ id, name, needs: acceptFor(ruleSet, id) }))
      const needs = needsOf(acceptedModels(ctx.attestation()))
      const signedIn = session && named(session.person)
      const state = { realm: ctx.realm, people, needs, administrator, signedIn, proved: await provedIn(request) }
      return reply.type('text/html; charset=utf-8').send(enrolPage(site, state, ctx.now()))
    })

    app.get('/keys', async (request, reply) => {
      const { onward } = Onward.parse(request.query)
      reply.type('text/html; charset=utf-8')
      const session = await sessionOf(ctx, cookie, request)
      if (!session || onward) {
        const why = onward
          ? 'Administrators enrol keys after comparing their words.'
          : 'To see your keys, sign in with one of them.'
        return reply.send(signInPage(site, { realm: ctx.realm, why, onward: { go: onward ? '/enrol' : '/keys' } }))
      }
      const isAdministrator = await administers(session.person)
      const all = await findAllPasskeys(ctx.db)
      const rows = all.map((row) => rowOf(row, named))
      const { administrators } = ctx.published().ruleSet
      const page = keysPage(
        site,
        {
          realm: ctx.realm,
          me: named(session.person),
          signing: await signing(session.person),
          mine: rows.filter(({ owner }) => owner.id === session.person),
          others: isAdministrator ? rows.filter(({ owner }) => owner.id !== session.person) : undefined,
          administrators: administrators.map(named),
          next: await next(),
          // A store that does not answer stops minting as well, and there is nothing to sign about that.
          loss: isAdministrator ? await ctx.findLoss().catch(() => undefined) : undefined,
        },
        ctx.now(),
      )
      return reply.send(page)
    })

    app.post('/v1/registrations/reject', async (request, reply) => {
      const { thumbprint } = Reject.parse(request.body)
      const session = await sessionOf(ctx, cookie, request)
      if (!session) return refuseWith(reply, { reason: 'signed_out' })
      return answer(reply, await rejectRegistration(ctx, session.person, thumbprint), ({ person }) => ({ person }))
    })

    app.post('/v1/sign-out', async (request, reply) => {
      Nothing.parse(request.body)
      const token = cookie.token(request)
      if (token !== undefined) await endSession(ctx.db, createHash('sha256').update(token).digest('base64url'))
      cookie.clear(reply)
      return {}
    })
  }

/** What people are told of the keys that they need, before they make one. */
const needsOf = (models: readonly string[]): EnrolState['needs'] =>
  ACCEPTS.flatMap((accept) => {
    const words = acceptWords(accept, models)
    return words === undefined ? [] : [{ accept, words }]
  })

function waitingOf(row: RegistrationRow, named: (id: string) => Named, roles: readonly Role[], models: AttestationList): Waiting {
  const passkey = passkeyOf(row)
  const { person, thumbprint, device_bound, aaguid } = passkey
  return {
    who: named(person),
    nickname: row.nickname,
    words: keyWords(thumbprint),
    deviceBound: device_bound,
    model: aaguid && (findModel(models, aaguid)?.name ?? aaguid),
    at: row.created_at,
    fact: { passkey: { ...passkey, key: { ...passkey.key } }, registration: row.statement ?? '', roles },
  }
}

const rowOf = (row: PasskeyRow, named: (id: string) => Named): KeyRow => ({
  thumbprint: row.thumbprint,
  owner: named(row.person),
  nickname: row.nickname,
  words: keyWords(row.thumbprint),
  status: row.status,
  deviceBound: row.device_bound,
  enrolledAt: row.enrolled_at,
  usedAt: row.used_at ?? undefined,
})
