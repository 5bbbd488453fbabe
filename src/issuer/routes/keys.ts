// `/enrol` and `/keys`, and signing out. What administrators see here is a convenience: the chain of the directory decides who may sign.

import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { rolesToGive } from '../../commands/change-directory.ts'
import { withdrawChange } from '../../commands/pending-change.ts'
import { rejectRegistration } from '../../commands/register-passkey.ts'
import { findDoubts, findHeld } from '../../db/holds.ts'
import { findAllPasskeys } from '../../db/issuer-queries/find-passkeys.ts'
import { findPasskeysOf, findRegistration, type PasskeyRow, passkeyOf, type RegistrationRow } from '../../db/passkeys.ts'
import { endSession } from '../../db/sign-in.ts'
import { findDoubtful } from '../../db/standings.ts'
import { ACCEPTS, acceptFor } from '../../domain/accepted-keys.ts'
import { acceptWords } from '../../domain/accepted-words.ts'
import { type AttestationList, findModel } from '../../domain/attestation.ts'
import type { Doubt } from '../../domain/concerned.ts'
import { ROLES, type Role } from '../../domain/directory.ts'
import { servingKeys } from '../../evidence/approver.ts'
import { type ChainState, holdsRole } from '../../evidence/chain-state.ts'
import { signaturesNeeded } from '../../evidence/directory-change.ts'
import { acceptedModels } from '../../passkeys/needed-keys.ts'
import { administratorsHint } from '../administrators-hint.ts'
import { answer, refuseWith } from '../answers.ts'
import type { Named } from '../asked.ts'
import { enrolledBy, findSeen, rolesState } from '../directory-state.ts'
import type { Edge } from '../edge.ts'
import { keyWords } from '../key-words.ts'
import { type EnrolState, enrolPage, type Waiting } from '../pages/enrol.ts'
import { type Administering, type KeyRow, keysPage } from '../pages/keys.ts'
import { signInPage } from '../pages/sign-in.ts'
import { sessionOf } from '../session-cookie.ts'
import { Look, listWaiting } from '../waiting-keys.ts'

const Keys = z.strictObject({ onward: z.literal('enrol').optional(), find: Look.shape.find })
const Nothing = z.strictObject({})
const Reject = z.strictObject({ thumbprint: z.string().max(64) })
const Registered = z.strictObject({ thumbprint: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
const Withdraw = z.strictObject({ digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })
const MOST_DOUBTED = 100

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
    const waitingOfAll = (rows: readonly RegistrationRow[], state: ChainState) => {
      const models = ctx.attestation()
      return rows.map((row) => {
        const holds = ROLES.filter((role) => holdsRole(state, row.person, role))
        return waitingOf(row, named, { gets: rolesToGive(ctx.published().ruleSet, state, row.person), holds }, models)
      })
    }
    /** A key that was proved in this browser and that a sign-in at the provider could still enrol. */
    const provedIn = async (request: FastifyRequest): Promise<EnrolState['proved']> => {
      const proved = rounds?.cookies.proved.of(request, ctx.now())
      if (!rounds || !proved || !(await rounds.offers(proved.person))) return undefined
      const row = await findRegistration(ctx.db, proved.passkey)
      return row?.ended_at === null ? { words: keyWords(proved.passkey), provider: rounds.provider.name } : undefined
    }
    const signing = async (id: string) => {
      const [own, held] = await Promise.all([findPasskeysOf(ctx.db, id), findHeld(ctx.db)])
      return own.filter(({ status, thumbprint }) => status === 'active' && !held.has(thumbprint))
    }

    app.get('/enrol', async (request, reply) => {
      const session = await sessionOf(ctx, cookie, request)
      const administrator =
        session && (await administers(session.person)) ? await enrolling(session.person, Look.parse(request.query)) : undefined
      const { ruleSet } = ctx.published()
      const people = ruleSet.people.map(({ id, name }) => ({ id, name, needs: acceptFor(ruleSet, id) }))
      const needs = needsOf(acceptedModels(ctx.attestation()))
      const signedIn = session && named(session.person)
      const state = { realm: ctx.realm, people, needs, administrator, signedIn, proved: await provedIn(request) }
      return reply.type('text/html; charset=utf-8').send(enrolPage(site, state, ctx.now()))
    })

    app.get('/keys', async (request, reply) => {
      const { onward, find } = Keys.parse(request.query)
      reply.type('text/html; charset=utf-8')
      const session = await sessionOf(ctx, cookie, request)
      if (!session || onward) {
        const why = onward
          ? 'Administrators enrol keys after comparing their words.'
          : 'To see your keys, sign in with one of them.'
        return reply.send(signInPage(site, { realm: ctx.realm, why, onward: { go: onward ? '/enrol' : '/keys' } }))
      }
      const { person } = session
      const [isAdministrator, all, chain, listed, doubts] = await Promise.all([
        administers(person),
        findAllPasskeys(ctx.db),
        ctx.chain(),
        listWaiting(ctx.db, { find, page: 1 }, person),
        findDoubts(ctx.db),
      ])
      const { ruleSet } = ctx.published()
      const page = keysPage(
        site,
        {
          realm: ctx.realm,
          me: named(person),
          signing: await signing(person),
          mine: all.filter((row) => row.person === person).map((row) => rowOf(row, named, doubts)),
          waiting: waitingOfAll(listed.rows, chain).map((each) => ({ ...each, thumbprint: each.fact.passkey.thumbprint })),
          listed,
          approver: holdsRole(chain, person, 'approver')
            ? { needed: ruleSet.keys.approver_keys, serving: servingKeys(chain, person, ruleSet).length }
            : undefined,
          administrators: ruleSet.administrators.map(named),
          next: await next(),
          administering: isAdministrator ? await administering(person, all, doubts) : undefined,
          // A store that does not answer stops minting as well, and there is nothing to sign about that.
          loss: isAdministrator ? await ctx.findLoss().catch(() => undefined) : undefined,
        },
        ctx.now(),
      )
      return reply.send(page)
    })

    /** What an administrator sees at `/enrol`. */
    const enrolling = async (person: string, look: Look): Promise<EnrolState['administrator']> => {
      const listed = await listWaiting(ctx.db, look)
      const { chain, pending, speaking } = await findSeen(ctx, named, await findAllPasskeys(ctx.db))
      // What waits for a second signature stands above, and would only be signed once more here.
      const above = pending?.isStale ? [] : enrolledBy(pending)
      return {
        who: named(person),
        keys: await signing(person),
        waiting: waitingOfAll(
          listed.rows.filter(({ thumbprint }) => !above.includes(thumbprint)),
          chain,
        ),
        listed,
        of: look.person === undefined ? undefined : named(look.person),
        next: await next(),
        pending,
        speaking,
        hint: administratorsHint(chain),
        takesTwo: signaturesNeeded(chain) === 2,
      }
    }

    /** What an administrator sees at `/keys` beside his own. */
    const administering = async (
      person: string,
      all: readonly PasskeyRow[],
      doubts: ReadonlyMap<string, Doubt>,
    ): Promise<Administering> => {
      const seen = await findSeen(ctx, named, all)
      const doubted = await findDoubtful(ctx.db, MOST_DOUBTED)
      return {
        others: all.filter((row) => row.person !== person).map((row) => rowOf(row, named, doubts)),
        pending: seen.pending,
        speaking: seen.speaking,
        roles: rolesState(ctx, seen, named, all, rounds),
        hint: administratorsHint(seen.chain),
        doubted: doubted.map(({ holder, approver, runbook, action, ends_at: until }) => ({
          holder: named(holder),
          approver: named(approver),
          action: `${runbook}.${action}`,
          until,
        })),
        ruleSet: ctx.published().digest,
      }
    }

    app.get('/v1/registrations/:thumbprint', async (request) => {
      const { thumbprint } = Registered.parse(request.params)
      const known = (await ctx.chain()).passkeys.get(thumbprint)
      if (known) return { state: 'enrolled' }
      const row = await findRegistration(ctx.db, thumbprint)
      return { state: row === undefined ? 'gone' : row.ended_at === null ? 'waits' : 'turned_down' }
    })

    app.post('/v1/changes/withdraw', async (request, reply) => {
      const { digest } = Withdraw.parse(request.body)
      const session = await sessionOf(ctx, cookie, request)
      if (!session) return refuseWith(reply, { reason: 'signed_out' })
      return answer(reply, await withdrawChange(ctx, session.person, digest), ({ sequence }) => ({ sequence }))
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

function waitingOf(
  row: RegistrationRow,
  named: (id: string) => Named,
  { gets, holds }: { readonly gets: readonly Role[]; readonly holds: readonly Role[] },
  models: AttestationList,
): Waiting {
  const passkey = passkeyOf(row)
  const { person, thumbprint, device_bound, aaguid } = passkey
  return {
    who: named(person),
    nickname: row.nickname,
    words: keyWords(thumbprint),
    deviceBound: device_bound,
    model: aaguid && (findModel(models, aaguid)?.name ?? aaguid),
    at: row.created_at,
    fact: { passkey: { ...passkey, key: { ...passkey.key } }, registration: row.statement ?? '', roles: gets },
    holds,
    tier: holds.length > 0 || gets.length > 0 ? 'serves' : 'asks',
  }
}

const rowOf = (row: PasskeyRow, named: (id: string) => Named, doubts: ReadonlyMap<string, Doubt>): KeyRow => ({
  thumbprint: row.thumbprint,
  owner: named(row.person),
  nickname: row.nickname,
  words: keyWords(row.thumbprint),
  status: row.status,
  deviceBound: row.device_bound,
  inFull: row.in_full,
  doubt: doubts.get(row.thumbprint),
  enrolledAt: row.enrolled_at,
  usedAt: row.used_at ?? undefined,
})
