// Who has recorded everything that was sent to the issuer in a whole life, registration and administration among it, and sends each of it again: at once, many
// times together, later, to another issuer of the same realm and to one of another. What was taken is not taken twice, anywhere.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { prepareChange } from '../../src/commands/change-directory.ts'
import type { IssuerContext } from '../../src/commands/context.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import { HOST, PUBLIC_URL } from '../support/issuer-app.ts'
import { openSharedWorld } from '../support/issuers.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { giveBackOf, rogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claimOf, later, newHolder, ORIGIN, openWorld, sign, type World } from '../support/world.ts'

const t = lastFirst(after)
const { world, another } = await openSharedWorld(t)
const foreign = await openWorld(t)
type Recorded = { readonly what: string; readonly url: string; readonly body: unknown; readonly answer: string }
const recorded: Recorded[] = []
let gains: Gains
let elsewhere: Gains

const appOf = ({ keys }: World, ctx: IssuerContext): FastifyInstance => {
  const app = buildIssuerApp({ ctx, keys, publicUrl: PUBLIC_URL, rate: { burst: 10_000, perSecond: 10_000 } })
  t.after(() => app.close())
  return app
}
const send = (app: FastifyInstance, { url, body }: Pick<Recorded, 'url' | 'body'>) => {
  const headers = { host: HOST, origin: ORIGIN, 'content-type': 'application/json' }
  return app.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) })
}

before(async () => {
  const app = appOf(world, world.ctx)
  const does = async (what: string, url: string, body: unknown) => {
    const answer = await send(app, { url, body })
    assert.equal(answer.statusCode, 200, `${what}: ${answer.body}`)
    recorded.push({ what, url, body, answer: answer.body })
    return answer.json()
  }
  const { ctx, ring } = world
  const about = () => ({ v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()) }) as const
  const key = rogueKey(world, 'theo')
  await does('a registration', '/v1/registrations', key.registration)
  await does(
    'its proof',
    '/v1/statements',
    key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key }),
  )
  await does(
    'a sign-in',
    '/v1/statements',
    signWith(ring, ring.idsOf('theo')[0] ?? '', { ...about(), kind: 'sign_in', audience: 'issuer' }),
  )
  const [one, two] = [await ask(world), await ask(world)]
  const place = await newHolder()
  await does('a terminal’s offer', '/v1/holders', { holder: place.holder, name: 'rey@laptop' })
  for (const { intent } of [one, two]) {
    const said = { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: place.holder } as const
    await does('a confirmation', '/v1/statements', await sign(world, 'rey', said))
  }
  const decides = (decision: string, intents: string[]) =>
    sign(world, 'bo', { kind: 'decide', role: 'approver', decision, intents } as never)
  await does('a denial', '/v1/statements', await decides('deny', [two.intent]))
  await does('an approval', '/v1/statements', await decides('approve', [one.intent]))
  await does('a claim', '/v1/claims', await claimOf(world, one.intent, place))
  await does('a further claim', '/v1/claims', await claimOf(world, one.intent, place, 2))
  await does('a give-back', '/v1/revocations', await giveBackOf(world, one.intent, place))
  const suspended = [...(await ctx.chain()).passkeys.values()].find(({ passkey }) => passkey.person === 'theo')?.passkey
    .thumbprint
  for (const operation of ['suspend', 'reinstate'] as const) {
    const prepared = await prepareChange(ctx, { operation, passkeys: [suspended ?? ''] })
    assert.ok(prepared.ok, JSON.stringify(prepared))
    const signed = await signChange(world, 'mira', prepared.digest)
    await does(`a change of the directory: ${operation}`, '/v1/statements', { ...signed, change: prepared.change })
  }
  ended = await ends()
  gains = await watchGains(world)
  elsewhere = await watchGains(foreign)
})
let ended: string[]
afterEach(async () => {
  assert.deepEqual(await ends(), ended, 'nothing begins or ends once more')
  await gains.nothingGained()
  await elsewhere.nothingGained()
})

/** Anybody may offer a terminal and register a key: neither means anything by itself. */
const PUBLIC = ['/v1/holders']
/** What is answered again as it was answered, because it means the same however often it comes: a ciphertext for the holder alone, an end that has begun. */
const REPEATED = ['/v1/claims', '/v1/revocations']

/** Sends each of it again. */
async function replay(app: FastifyInstance, times = 1, open = PUBLIC): Promise<void> {
  for (const each of recorded) {
    const answers = await Promise.all(Array.from({ length: times }, () => send(app, each)))
    for (const answer of answers) {
      gains.hear(answer)
      assert.equal(answer.headers['set-cookie'], undefined, each.what)
      if (open.includes(each.url)) continue
      if (answer.statusCode === 200 && REPEATED.includes(each.url)) assert.equal(answer.body, each.answer)
      else assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${each.what}: ${answer.statusCode} ${answer.body}`)
    }
  }
}
const ends = async () =>
  (await world.bot.db.selectFrom('entry').select('id').where('type', 'like', 'grant.%').execute()).map(({ id }) => id).sort()

describe('everything that was sent, sent again', () => {
  test('at once, is taken no second time', () => replay(appOf(world, world.ctx)))
  test('ten times together, is taken no second time', () => replay(appOf(world, world.ctx), 10))
  for (const [when, ms] of [
    ['four minutes', 240_000],
    ['six minutes', 360_000],
    ['a day', 86_400_000],
  ] as const)
    test(`${when} later, is taken no second time`, () => replay(appOf(world, later(world.ctx, ms))))

  test('after a restart, is taken no second time: what was spent is in the database', async () => {
    const { ctx } = await world.reopen()
    await replay(appOf(world, ctx))
  })

  test('to another issuer of the same realm, is taken no second time', async () => {
    const other = await another()
    await replay(appOf(other, other.ctx))
  })

  test('to an issuer of another realm, is taken not once', () => replay(appOf(foreign, foreign.ctx)))

  test('to an issuer of another realm that was given the same nonce key by mistake: a key waits there that nobody can prove', () =>
    replay(appOf(foreign, { ...foreign.ctx, nonceKey: world.ctx.nonceKey }), 1, [...PUBLIC, '/v1/registrations']))

  test('in pieces: each recorded assertion under each other recorded statement', async () => {
    const app = appOf(world, world.ctx)
    const signed = recorded.filter(({ body }) => typeof body === 'object' && body !== null && 'response' in body)
    assert.ok(signed.length >= 7)
    for (const one of signed)
      for (const other of signed) {
        if (one === other) continue
        const body = { ...(one.body as object), response: (other.body as { response: unknown }).response }
        const answer = gains.hear(await send(app, { url: one.url, body }))
        assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${one.what} with ${other.what}: ${answer.statusCode}`)
      }
  })
})
