import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildBot } from '../../../src/bot/app.ts'
import type { BotContext } from '../../../src/commands/context.ts'
import { BOT_TOKEN, SIGNING_SECRET } from '../../support/bot.ts'
import { createTestDatabase } from '../../support/database.ts'
import { command, deliver, event } from '../../support/slack-requests.ts'

const OLD_SECRET = 'the-signing-secret-of-before'

let app: FastifyInstance
let ctx: BotContext
let close: () => Promise<void>
before(async () => {
  const cleanups: (() => Promise<void>)[] = []
  const database = await createTestDatabase({ after: (work) => void cleanups.push(work) })
  const log = pino({ level: 'silent' })
  ctx = {
    process: 'bot',
    db: database.connect('bot'),
    now: () => new Date(),
    realm: 'sandbox:x',
    log,
    published: async () => undefined,
  }
  // Port 9 takes no connection: nothing here may depend on an answer of Slack's.
  const slack = {
    botToken: BOT_TOKEN,
    signingSecrets: [SIGNING_SECRET, OLD_SECRET],
    apiUrl: 'http://127.0.0.1:9/api/',
    teamIds: ['T0SANDBOX'],
  }
  const bot = buildBot({ ctx, slack, publicUrl: 'http://localhost:3000', issuerUrl: 'http://localhost:3001', log })
  app = bot.app
  close = async () => {
    await app.close()
    for (const work of cleanups) await work()
  }
})
after(() => close())

const kept = async (id: string) => ctx.db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst()
const count = async () =>
  Number(
    (
      await ctx.db
        .selectFrom('inbox')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  )

test('a delivery without a signature, or with one by another secret, is refused and not kept', async () => {
  const before = await count()
  assert.equal((await deliver(app, event('Ev1'), { type: 'application/json', signature: '' })).statusCode, 401)
  assert.equal(
    (await deliver(app, event('Ev1'), { type: 'application/json', secret: 'another secret of somebody' })).statusCode,
    401,
  )
  assert.equal(
    (await deliver(app, event('Ev1'), { type: 'application/json', signature: `v0=${'0'.repeat(64)}` })).statusCode,
    401,
  )
  assert.equal(await count(), before)
})

test('while the signing secret is exchanged no delivery is lost: the new and the old one are taken, and no third', async () => {
  for (const secret of [SIGNING_SECRET, OLD_SECRET])
    assert.equal((await deliver(app, event(`Ev-${secret}`), { type: 'application/json', secret })).statusCode, 200)
  for (const secret of [`${SIGNING_SECRET},${OLD_SECRET}`, 'a-secret-of-somebody-else'])
    assert.equal((await deliver(app, event('Ev-third'), { type: 'application/json', secret })).statusCode, 401)
})

test('a delivery from more than five minutes ago or ahead is refused, however well signed', async () => {
  const now = Math.floor(Date.now() / 1000)
  for (const at of [now - 301, now + 302]) {
    assert.equal((await deliver(app, event('Ev2'), { type: 'application/json', at })).statusCode, 401)
  }
  assert.equal(await kept('event:Ev2'), undefined)
  assert.equal((await deliver(app, event('Ev2'), { type: 'application/json', at: now - 290 })).statusCode, 200)
})

test('an event is in the inbox before it is acknowledged, and a duplicate changes nothing', async () => {
  assert.equal((await deliver(app, event('Ev3'), { type: 'application/json; charset=utf-8' })).statusCode, 200)
  const first = await kept('event:Ev3')
  assert.equal(first?.kind, 'event')
  assert.equal(first?.done_at, null)
  assert.equal((await deliver(app, event('Ev3', { api_app_id: 'A0OTHER' }), { type: 'application/json' })).statusCode, 200)
  assert.deepEqual(await kept('event:Ev3'), first)
})

test('a command is answered at once, and its duplicate, which Slack sends when it heard nothing, gets the same answer', async () => {
  const body = command()
  const first = await deliver(app, body)
  assert.equal(first.statusCode, 200)
  assert.match(first.json().text, /has no rules yet/)
  assert.equal(first.json().response_type, 'ephemeral')
  const second = await deliver(app, body)
  assert.deepEqual([second.statusCode, second.body], [200, first.body])
})

test('what a finished delivery said is not kept', async () => {
  const body = command({ text: 'service.restart reason="private words"', trigger_id: 'once.only' })
  await deliver(app, body)
  let row = await kept('trigger:once.only')
  for (let turn = 0; row?.done_at === null && turn < 500; turn += 1) row = await kept('trigger:once.only')
  assert.ok(row?.done_at)
  assert.deepEqual(row.payload, {})
})

test('another workspace is refused although it knows the secret; a guest of another in ours is let as far as the gate, which has words', async () => {
  assert.equal((await deliver(app, command({ team_id: 'T0EVIL' }))).statusCode, 403)
  const click = (team: string, home: string) =>
    new URLSearchParams({
      payload: JSON.stringify({
        type: 'block_actions',
        trigger_id: `click.${team}.${home}`,
        api_app_id: 'A0COUNTERSIGN',
        team: { id: team },
        user: { id: 'U0SOMEBODY', team_id: home },
        actions: [{ action_id: 'request.open', type: 'button', value: 'x' }],
      }),
    }).toString()
  assert.equal((await deliver(app, click('T0EVIL', 'T0EVIL'))).statusCode, 403)
  assert.equal((await deliver(app, click('T0EVIL', 'T0SANDBOX'))).statusCode, 403)
  assert.equal(await kept('trigger:click.T0EVIL.T0SANDBOX'), undefined)
  assert.equal((await deliver(app, click('T0SANDBOX', 'T0PARTNER1'))).statusCode, 200)
  assert.equal((await deliver(app, click('T0SANDBOX', 'T0SANDBOX'))).statusCode, 200)
})

test('a delivery that wants its answer at another address than Slack’s is refused, however well signed', async () => {
  for (const response_url of [
    'http://127.0.0.1:3001/v1/claims',
    'http://169.254.169.254/latest',
    'http://127.0.0.1:9@evil.example/',
  ]) {
    const answer = await deliver(app, command({ response_url }))
    assert.deepEqual([answer.statusCode, answer.json()], [403, { reason: 'foreign_response_url' }], response_url)
  }
})

test('a body over one megabyte is refused before it is read', async () => {
  const answer = await deliver(app, `payload=${'x'.repeat(1_048_577)}`)
  assert.deepEqual([answer.statusCode, answer.json()], [413, { reason: 'too_large' }])
})

test('a certificate check gets its empty answer, and a body that only mentions one is not let in by it', async () => {
  const check = await deliver(app, 'ssl_check=1&token=x', { signature: '' })
  assert.deepEqual([check.statusCode, check.body], [200, ''])
  const before = await count()
  const smuggled = await deliver(app, `${command({ trigger_id: 'smuggled' })}&ssl_check=1`, { signature: '' })
  assert.deepEqual([smuggled.statusCode, smuggled.body], [200, ''])
  assert.equal(await count(), before)
  assert.equal((await deliver(app, 'ssl_check=true', { signature: '' })).statusCode, 401)
})

test('a megabyte of broken certificate checks, which anybody can send, does not keep the door busy', async () => {
  const before = await count()
  const began = performance.now()
  await deliver(app, `${'&ssl_check=1'.repeat(80_000)}\n`, { signature: '' })
  assert.ok(performance.now() - began < 1_000)
  assert.equal(await count(), before)
})

test('the question at set-up is answered only when it is signed', async () => {
  const body = JSON.stringify({ type: 'url_verification', challenge: 'are you there' })
  assert.deepEqual((await deliver(app, body, { type: 'application/json' })).json(), { challenge: 'are you there' })
  assert.equal((await deliver(app, body, { type: 'application/json', signature: '' })).statusCode, 401)
})

test('nonsense with a good signature is refused by name and keeps the door open', async () => {
  for (const [body, type] of [
    ['{"type":', 'application/json'],
    ['[]', 'application/json'],
    ['payload=%7B', 'application/x-www-form-urlencoded'],
    ['<xml/>', 'text/xml'],
  ] as const) {
    const answer = await deliver(app, body, { type })
    assert.deepEqual([answer.statusCode, answer.json()], [400, { reason: 'malformed' }])
  }
  assert.equal((await deliver(app, command())).statusCode, 200)
})

test('NUL and half a character are refused in words where somebody waits, and never fail the door', async () => {
  for (const text of ['service.restart reason="a\0b"', '\0']) {
    const typed = await deliver(app, command({ text }))
    assert.equal(typed.statusCode, 200)
    assert.match(typed.body, /cannot be kept.*works without Slack/)
  }
  const form = (value: string) =>
    new URLSearchParams({
      payload: JSON.stringify({
        type: 'view_submission',
        api_app_id: 'A0COUNTERSIGN',
        trigger_id: `trigger.${Math.random()}`,
        team: { id: 'T0SANDBOX' },
        user: { id: 'U0REYOKAFOR', team_id: 'T0SANDBOX' },
        view: { id: 'V1', type: 'modal', callback_id: 'request.compose', state: { values: { reason: { value: { value } } } } },
      }),
    }).toString()
  for (const value of ['a\0b', 'a\ud800b']) {
    const sent = await deliver(app, form(value))
    assert.equal(sent.statusCode, 200)
    assert.deepEqual(Object.keys(sent.json().errors), ['reason'])
    assert.match(sent.json().errors.reason, /cannot be kept.*http:/)
  }
})

test('a name that cannot be kept does not keep a deactivation from being taken up', async () => {
  const user = { id: 'U0THEOBRAND', team_id: 'T0SANDBOX', deleted: true, profile: { status_text: '\ud800', tags: ['\0', 'x'] } }
  const answer = await deliver(app, event('EvBroken', { event: { type: 'user_change', user } }), { type: 'application/json' })
  assert.equal(answer.statusCode, 200)
  const row = await kept('event:EvBroken')
  assert.partialDeepStrictEqual(row?.payload ?? {}, {
    event: { user: { id: 'U0THEOBRAND', deleted: true, profile: { tags: ['x'] } } },
  })
})

test('loopback answers to its own name only', async () => {
  assert.equal((await deliver(app, command(), { host: 'evil.example:3000' })).statusCode, 421)
})
