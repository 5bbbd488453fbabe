// Who ends × where the grant stands → what comes of it, and what is told: one table, every cell of it run against a real database. An end that comes to what has
// ended changes nothing and says how it ended; nothing that takes away is ever an error in the world.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { endLostStandings, openStandings } from '../../src/commands/end-lost-standing.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { openRecalls } from '../../src/commands/recall-credentials.ts'
import { giveBack, revokeGrant } from '../../src/commands/revoke-grant.ts'
import { sweep } from '../../src/commands/sweep.ts'
import { thumbprint } from '../../src/crypto.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { tagged } from '../../src/domain/tags.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { goingTo, openRevocableTarget } from '../support/revocable-target.ts'
import { signChange } from '../support/sign-change.ts'
import { toldOf } from '../support/told-of.ts'
import { ask, claim, confirm, decide, later, newHolder, openWorld, sign, type TestHolder } from '../support/world.ts'

const target = await openRevocableTarget({ after })
const world = await openWorld({ after }, undefined, goingTo(target))
const { ctx } = world

type Made = {
  readonly intent: string
  readonly requestId: string
  readonly place: TestHolder
  readonly finish?: () => Promise<void>
}
const recall = async () => {
  const recalls = openRecalls(ctx)
  await recalls.round()
  await recalls.idle()
}
const endOf = async (request: string) => (await findGrant(ctx.db, request))?.ends_at.getTime() ?? 0
const wish = async (kind: 'return' | 'deactivated', { requestId }: Made) => {
  const id = await makeWish(world.bot, kind === 'return' ? { kind, person: 'rey', request: requestId } : { kind, person: 'rey' })
  await heedWishes(ctx)
  const row = await ctx.db.selectFrom('wish_outcome').select('outcome').where('wish_id', '=', id).executeTakeFirst()
  return row?.outcome
}
const give = async ({ intent, place }: Made) => {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const bytes = canonicalBytes({
    v: 1,
    realm: ctx.realm,
    intent,
    holder: thumbprint(place.holder.sign),
    nonce,
    decision: 'return',
  })
  return said(await giveBack(ctx, { giveBack: encodeBase64url(bytes), signature: await place.sign(tagged('giveBack', bytes)) }))
}
const revoke = async ({ intent }: Made, person: string, role: string) =>
  said(await revokeGrant(ctx, await sign(world, person, { kind: 'revoke', role, decision: 'revoke', intents: [intent] })))
const said = (ended: Awaited<ReturnType<typeof giveBack>>) => (ended.ok ? ended.state : ended.refusal.reason)

/** A change of the directory, signed by its administrator. */
async function keyChange(operation: 'suspend' | 'revoke' | 'reinstate', passkeys: readonly string[]): Promise<void> {
  const wanted: Wanted = { operation, passkeys }
  const prepared = await prepareChange(ctx, wanted)
  assert.ok(prepared.ok)
  const changed = await changeDirectory(ctx, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
  assert.ok(changed.ok, JSON.stringify(changed))
}
const keysOf = async (person: string) =>
  [...(await ctx.chain()).passkeys.values()].flatMap(({ passkey, status }) =>
    passkey.person === person && status !== 'revoked' ? [passkey.thumbprint] : [],
  )
/** Suspends the requester's key as long as it takes to look at what lives. */
async function suspended(): Promise<undefined> {
  const keys = await keysOf('rey')
  await keyChange('suspend', keys)
  try {
    await endLostStandings(ctx)
  } finally {
    await keyChange('reinstate', keys)
  }
}
/** Has the runbooks read with another directory.yaml as long as it takes to look at what lives. */
async function withDirectory(change: (text: string) => string): Promise<undefined> {
  const path = join(world.runbooksDir, 'directory.yaml')
  const before = readFileSync(path, 'utf8')
  assert.notEqual(change(before), before)
  writeFileSync(path, change(before))
  try {
    await world.issuer.reload()
    await endLostStandings(world.issuer.ctx)
  } finally {
    writeFileSync(path, before)
    await world.issuer.reload()
  }
}

const ENDS = {
  'the holder’s key (page, terminal)': give,
  'a wish of the requester (Slack, console)': (made: Made) => wish('return', made),
  'the requester’s passkey': (made: Made) => revoke(made, 'rey', 'requester'),
  'an approver': (made: Made) => revoke(made, 'ana', 'approver'),
  'an administrator': (made: Made) => revoke(made, 'mira', 'administrator'),
  'a deactivation in Slack': (made: Made) => wish('deactivated', made),
  'the suspension of the requester’s key': suspended,
  'a group that the requester leaves': () => withDirectory((text) => text.replace('on-call: [rey, ana]', 'on-call: [mira]')),
  'its time': async ({ requestId }: Made): Promise<undefined> => {
    await sweep(later(ctx, (await endOf(requestId)) - Date.now() + 1))
  },
} as const
type Who = keyof typeof ENDS

const STATES = {
  none: approved,
  issuing,
  active: claimed,
  revoking: async () => {
    const made = await claimed()
    await wish('return', made)
    return made
  },
  returned: async () => {
    const made = await claimed()
    await wish('return', made)
    await recall()
    return made
  },
  revoked: async () => {
    const made = await claimed()
    await revoke(made, 'ana', 'approver')
    await recall()
    return made
  },
  expired: async () => {
    const made = await claimed()
    await sweep(later(ctx, (await endOf(made.requestId)) - Date.now() + 1))
    return made
  },
  failed: async () => {
    const made = await approved()
    const sign = () => Promise.reject(new Error('the key service is away'))
    assert.equal((await claim({ ...world, ctx: { ...ctx, signer: { ...ctx.signer, sign } } }, made.intent, made.place)).ok, false)
    return made
  },
} as const
type From = keyof typeof STATES

async function approved(): Promise<Made> {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  return { intent: asked.intent, requestId: asked.requestId, place }
}
async function claimed(): Promise<Made> {
  const made = await approved()
  assert.ok((await claim(world, made.intent, made.place)).ok)
  return made
}
/** While the first credential is being signed. */
async function issuing(): Promise<Made> {
  const made = await approved()
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const sign: IssuerContext['signer']['sign'] = async (...given) => {
    reached.resolve()
    await gate.promise
    return ctx.signer.sign(...given)
  }
  const making = claim({ ...world, ctx: { ...ctx, signer: { ...ctx.signer, sign } } }, made.intent, made.place)
  await reached.promise
  return {
    ...made,
    finish: async () => {
      gate.resolve()
      await making
    },
  }
}

type Cell = readonly [answer: string | undefined, grant: string | undefined, told: readonly string[]]
const ENDING = ['grant.ending'] as const
/** What the holder of a key, or a wish, comes to where nothing lives: the reason, and nothing else happens. */
const over = (answer: string, state: From): Cell => [answer, state === 'none' ? undefined : state, []]
const still = (state: From): Cell => [undefined, state === 'none' ? undefined : state, []]

/** What comes of it in each state. `told` are the entries that it writes beside statements and refusals. */
function expected(who: Who, state: From): Cell {
  const alive = state === 'issuing' || state === 'active'
  switch (who) {
    case 'the holder’s key (page, terminal)':
      if (alive) return ['revoking', 'revoking', ENDING]
      return over(state === 'none' ? 'no_grant' : state === 'revoking' ? 'revoking' : 'grant_ended', state)
    case 'a wish of the requester (Slack, console)':
      if (alive) return ['done', 'revoking', ENDING]
      return over(state === 'none' ? 'no_grant' : state === 'revoking' ? 'done' : 'grant_ended', state)
    case 'the requester’s passkey':
    case 'an approver':
    case 'an administrator':
      if (alive) return ['revoking', 'revoking', ENDING]
      // A signature stands whatever it finds; it is told how the grant ended.
      return over(state === 'none' ? 'no_grant' : state, state)
    case 'a deactivation in Slack':
      if (alive) return ['done', 'revoking', ENDING]
      return state === 'none' ? ['done', undefined, ['request.voided']] : over('done', state)
    case 'a group that the requester leaves':
      if (state === 'none') return [undefined, undefined, ['request.voided']]
      return alive ? [undefined, 'revoking', ENDING] : still(state)
    case 'the suspension of the requester’s key':
      return alive ? [undefined, 'revoking', ENDING] : still(state)
    case 'its time':
      // The lease is longer than half a minute: whoever was making it is given up too.
      if (state === 'issuing') return [undefined, 'expired', ['grant.expired', 'credential.issue_unknown']]
      if (state === 'active') return [undefined, 'expired', ['credential.expired', 'grant.expired']]
      return state === 'revoking' ? [undefined, 'returned', ['credential.revoked', 'grant.returned']] : still(state)
  }
}

const grantOf = async (request: string) => (await findGrant(ctx.db, request))?.state
const SILENT = ['statement.accepted', 'wish.refused', 'wish.made']
const entriesOf = async (request: string) =>
  (
    await ctx.db
      .selectFrom('entry')
      .select('type')
      .where('request_id', '=', request)
      .orderBy('recorded_at')
      .orderBy('id')
      .execute()
  )
    .map(({ type }) => type)
    .filter((type) => !SILENT.includes(type))

for (const who of Object.keys(ENDS) as Who[])
  describe(`${who} ends`, () => {
    for (const state of Object.keys(STATES) as From[]) {
      const [answer, grant, entries] = expected(who, state)
      test(`what is ${state}: ${answer ?? 'no answer'}, ${grant ?? 'no grant'}`, async () => {
        const made = await STATES[state]()
        assert.equal(await grantOf(made.requestId), state === 'none' ? undefined : state)
        const [before, told] = [await entriesOf(made.requestId), await toldOf(ctx.db, made.requestId)]
        assert.equal(await ENDS[who](made), answer)
        assert.equal(await grantOf(made.requestId), grant)
        assert.deepEqual((await entriesOf(made.requestId)).slice(before.length), entries)
        assert.equal(
          (await toldOf(ctx.db, made.requestId)) > told,
          entries.length > 0,
          'people are told exactly when something happened',
        )
        await made.finish?.()
        // Whatever it was: with targets that confirm and time that passes, it is over, and the credential with it.
        const end = await endOf(made.requestId)
        await recall()
        if (end > 0) await sweep(later(ctx, end - Date.now() + 1))
        const row = await ctx.db.selectFrom('credential').select('state').where('request_id', '=', made.requestId).execute()
        for (const { state: last } of row) assert.ok(['revoked', 'expired', 'failed'].includes(last), last)
        assert.ok(![...'issuing active revoking'.split(' ')].includes((await grantOf(made.requestId)) ?? ''))
      })
    }
  })

describe('the standing of a requester', () => {
  test('that is lost for good ends the grant as well: the key revoked, the person gone from the directory', async () => {
    const gone = await claimed()
    await withDirectory((text) => text.replace(/\n {2}rey: .*/, '').replaceAll('[rey, ana]', '[mira]'))
    assert.equal(await grantOf(gone.requestId), 'revoking')
    const state = (await findKnown(ctx.db, gone.requestId))?.state.state
    assert.equal(state, 'claimed')
  })

  test('of others ends nothing that lives, nor does a runbook that is no longer offered', async () => {
    const made = await claimed()
    const keys = await keysOf('bo')
    await keyChange('suspend', keys)
    await endLostStandings(ctx)
    await keyChange('reinstate', keys)
    await withDirectory((text) => text.replace('service-owners: [ana, bo]', 'service-owners: [ana]'))
    assert.equal(await grantOf(made.requestId), 'active')
    await give(made)
  })

  test('is looked at when an issuer starts, at each change, and once more for claims that were under way', async (t) => {
    const standings = openStandings(ctx)
    await standings.round()
    const made = await claimed()
    assert.equal(await standings.round(), 0)
    const keys = await keysOf('rey')
    await keyChange('suspend', keys)
    assert.equal(await standings.round(), 1, 'a change is seen in the next round')
    assert.equal(await grantOf(made.requestId), 'revoking')
    assert.equal(await standings.round(), 0)
    await keyChange('reinstate', keys)
    await standings.round()
    // A claim that was judged before a change and committed after it.
    const late = await claimed()
    await keyChange('suspend', keys)
    const forgetful = openStandings(ctx)
    assert.equal(await forgetful.round(), 1, 'also what a stopped issuer missed')
    await keyChange('reinstate', keys)
    assert.equal(await grantOf(late.requestId), 'revoking')
    const again = openStandings(ctx)
    await again.round()
    const slipped = await claimed()
    t.mock.method(performance, 'now', () => Number.MAX_SAFE_INTEGER)
    assert.equal(await again.round(), 0, 'looked at once more, and all is well')
    assert.equal(await grantOf(slipped.requestId), 'active')
  })
})
