// The acts that race, prepared so that everything is signed before anything begins, and what the world says of one request afterwards.

import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { claimCredential } from '../../src/commands/claim-credential.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish, type Wish } from '../../src/commands/make-wish.ts'
import { giveBack, revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { thumbprint } from '../../src/crypto.ts'
import { findCredentials, findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { tagged } from '../../src/domain/tags.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { came } from './race.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, sign, type TestHolder, type World } from './world.ts'

export type Asked = { readonly intent: string; readonly requestId: string; readonly place: TestHolder }
type Act = () => Promise<string>

/** The acts of one world. */
export function actsOf(world: World) {
  const { ctx } = world
  const confirmed = async (over: Parameters<typeof ask>[1] = {}): Promise<Asked> => {
    const { intent, requestId } = await ask(world, over)
    const place = await newHolder()
    const done = await confirm(world, intent, place)
    if (!done.ok) throw new Error(done.refusal.reason)
    return { intent, requestId, place }
  }
  const approved = async (over: Parameters<typeof ask>[1] = {}): Promise<Asked> => {
    const made = await confirmed(over)
    const done = await decide(world, made.intent, 'bo')
    if (!done.ok) throw new Error(done.refusal.reason)
    return made
  }
  const claimed = async (): Promise<Asked> => {
    const made = await approved()
    const done = await claim(world, made.intent, made.place)
    if (!done.ok) throw new Error(done.refusal.reason)
    return made
  }
  const signed = async (person: string, body: Parameters<typeof sign>[2]): Promise<Act> => {
    const statement = await sign(world, person, body)
    return async () => {
      const taken = await acceptStatement(ctx, statement)
      const [refused] = taken.ok ? taken.effects.flatMap((effect) => ('refusal' in effect ? [effect.refusal.reason] : [])) : []
      return refused ?? came(taken)
    }
  }
  return {
    confirmed,
    approved,
    claimed,
    approves: (person: string, intents: readonly string[]) =>
      signed(person, { kind: 'decide', role: 'approver', decision: 'approve', intents }),
    denies: (person: string, intents: readonly string[]) =>
      signed(person, { kind: 'decide', role: 'approver', decision: 'deny', intents }),
    confirms: ({ intent }: Pick<Asked, 'intent'>, place: TestHolder) =>
      signed('rey', { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: place.holder }),
    claims: async ({ intent, place }: Asked, number = 1, by: TestHolder = place): Promise<Act> => {
      const message = await claimOf(world, intent, by, number)
      return async () => came(await claimCredential(ctx, message))
    },
    wishes: async (kind: Exclude<Wish['kind'], 'deactivated' | 'not_me'>, person: string, { requestId }: Asked): Promise<Act> => {
      const id = await makeWish(world.bot, { kind, person, request: requestId })
      return () => heeded(id)
    },
    deactivates: async (person: string): Promise<Act> => {
      const id = await makeWish(world.bot, { kind: 'deactivated', person })
      return () => heeded(id)
    },
    revokes: async (person: string, role: string, { intent }: Asked): Promise<Act> => {
      const statement = await sign(world, person, { kind: 'revoke', role, decision: 'revoke', intents: [intent] })
      return async () => {
        const ended = await revokeGrant(ctx, statement)
        return ended.ok ? ended.state : ended.refusal.reason
      }
    },
    gives: async ({ intent, place }: Asked): Promise<Act> => {
      const nonce = makeNonce(ctx.nonceKey, ctx.now())
      const body = { v: 1, realm: ctx.realm, intent, holder: thumbprint(place.holder.sign), nonce, decision: 'return' }
      const bytes = canonicalBytes(body)
      const message = { giveBack: encodeBase64url(bytes), signature: await place.sign(tagged('giveBack', bytes)) }
      return async () => {
        const ended = await giveBack(ctx, message)
        return ended.ok ? ended.state : ended.refusal.reason
      }
    },
    /** The clockwork of an issuer at its own time. */
    sweeps: async (as: IssuerContext): Promise<Act> => {
      return async () => {
        await sweep(as)
        return 'swept'
      }
    },
    /** `request, held?, grant?: credentials; entries`, entries without those of refusals. */
    stands: async ({ requestId }: Pick<Asked, 'requestId'>): Promise<string> => {
      const known = await findKnown(ctx.db, requestId)
      const grant = await findGrant(ctx.db, requestId)
      const credentials = await findCredentials(ctx.db, requestId)
      const held = known?.state.held_by ? ' held' : ''
      const under = grant ? `, ${grant.state}: ${credentials.map(({ state }) => state).join(' ')}` : ''
      const rows = await ctx.db
        .selectFrom('entry')
        .select('type')
        .where('request_id', '=', requestId)
        .where('writer', '=', 'issuer')
        .execute()
      const told = rows.map(({ type }) => type).filter((type) => TOLD.test(type))
      const twice = told.filter(
        (type, at) => type !== 'credential.issuing' && type !== 'credential.issued' && told.indexOf(type) < at,
      )
      const logged = twice.length > 0 ? `; twice in the log: ${twice.join(' ')}` : ''
      const missing = entryOf(known?.state.state, grant?.state).filter((type) => !told.includes(type as (typeof told)[number]))
      return `${known?.state.state}${held}${under}${logged}${missing.length > 0 ? `; not in the log: ${missing.join(' ')}` : ''}`
    },
  }

  async function heeded(id: string): Promise<string> {
    await heedWishes(ctx)
    const row = await ctx.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
    return row?.outcome ?? 'not heeded'
  }
}

/** Entries of which a request has one at most, but for the credentials. */
const TOLD = /^(?:request\.(?:approved|denied|cancelled|lapsed|voided|confirmed)|grant\.|credential\.issu)/

/** What must stand in the log for where a request and its grant stand. */
function entryOf(state: string | undefined, grant: string | undefined): readonly string[] {
  const ofGrant = { issuing: [], active: ['grant.activated'], revoking: ['grant.ending'], expired: ['grant.expired'] }[
    grant ?? ''
  ]
  const ofRequest =
    state === 'claimed' ? ['request.approved', 'grant.started'] : state?.startsWith('awaiting') ? [] : [`request.${state}`]
  return [...ofRequest, ...(ofGrant ?? [])]
}
