// Who owns Slack: every payload correctly signed by Slack itself, with whatever user, team, channel and value he likes. He may ask, cancel, hold and end in
// anybody's name; nothing that he sends signs, decides, enrols or claims. Messages of other apps that imitate ours are in slack-administrator-messages.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { COMPOSE, leaseBlock, parameterBlock } from '../../src/bot/slack/compose.ts'
import { newId } from '../../src/crypto.ts'
import { openBot } from '../support/bot.ts'
import { ACCOUNTS, forger } from '../support/forged-slack.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { ask, claim, confirm, decide, newHolder } from '../support/world.ts'

const bot = await openBot(lastFirst(after))
const { world } = bot
let gains: Gains
const slack = forger(bot, () => gains)
const at = {} as Record<'asked' | 'waiting' | 'approved' | 'live', Awaited<ReturnType<typeof ask>>>

before(async () => {
  const place = await newHolder()
  for (const name of ['asked', 'waiting', 'approved', 'live'] as const)
    at[name] = await ask(world, { reason: `INC-4211: ${name}` })
  for (const { intent } of [at.waiting, at.approved, at.live]) assert.ok((await confirm(world, intent, place)).ok)
  for (const { intent } of [at.approved, at.live]) assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, place)).ok)
  gains = await watchGains(world)
})
afterEach(async () => {
  await slack.settled()
  await gains.nothingGained()
})

const stateOf = async (requestId: string) =>
  (await world.ctx.db.selectFrom('request_state').select('state').where('request_id', '=', requestId).executeTakeFirst())?.state
const states = () => Promise.all(Object.values(at).map(({ requestId }) => stateOf(requestId)))
const everybody = Object.values(ACCOUNTS)
const service = (over: object = {}) => ({
  action: { x: { selected_option: { value: 'service.restart' } } },
  [parameterBlock('service.restart', 'service')]: { x: { selected_option: { value: 'payments-api' } } },
  reason: { x: { value: 'INC-4211: forged' } },
  ...over,
})

describe('a press that Slack signed', () => {
  const INVENTED = [
    'request.approve',
    'request.deny',
    'request.confirm',
    'request.claim',
    'grant.extend',
    'key.enrol',
    '__proto__',
  ]
  for (const action of INVENTED)
    test(`of ${action}, by everybody on everything: there is no such button, and nothing changes`, async () => {
      const before = await states()
      for (const who of everybody)
        for (const { requestId } of Object.values(at)) assert.equal((await slack.press(who, action, requestId)).statusCode, 200)
      await slack.settled()
      assert.deepEqual(await states(), before)
    })

  test('of every button that opens something, by everybody: a link names who looks, and nothing changes', async () => {
    const before = await states()
    for (const action of [
      'request.open',
      'request.again',
      'request.same',
      'objection.explain',
      'link.open',
      'link.confirm',
      'link.decide',
    ])
      for (const who of everybody) await slack.press(who, action, at.waiting.requestId)
    await slack.settled()
    assert.deepEqual(await states(), before)
  })

  test('with a value that is no id of a request: hostile text, another’s wish, nothing at all', async () => {
    const before = await states()
    const values = [
      "' or 1=1 --",
      '../../claims',
      at.waiting.intent,
      `${at.waiting.requestId} `,
      '{"approve":true}',
      'x'.repeat(2000),
    ]
    for (const value of [...values, undefined, newId()])
      for (const action of ['request.cancel', 'request.object', 'request.open', 'request.again'])
        await slack.press(ACCOUNTS.rey, action, value)
    await slack.settled()
    assert.deepEqual(await states(), before)
  })

  test('by an account of another workspace, of nobody, of a guest, or with two identities at once is nobody’s', async () => {
    const before = await states()
    const { requestId } = at.waiting
    await slack.press('U0EVIL', 'request.cancel', requestId)
    await slack.press('U0GUESTLUCA', 'request.cancel', requestId)
    await slack.press(ACCOUNTS.rey, 'request.cancel', requestId, { user: { id: ACCOUNTS.rey, team_id: 'T0EVIL' } })
    await slack.press(ACCOUNTS.rey, 'request.cancel', requestId, { team: { id: 'T0EVIL' } })
    await slack.press(ACCOUNTS.rey, 'request.cancel', requestId, { api_app_id: 'A0EVIL' })
    await slack.settled()
    assert.deepEqual(await states(), before)
  })

  test('of cancel, lift and return in the name of somebody whose request it is not changes nothing of it', async () => {
    const before = await states()
    for (const who of [ACCOUNTS.ana, ACCOUNTS.bo, ACCOUNTS.mira, ACCOUNTS.theo])
      for (const action of ['request.cancel', 'request.lift', 'request.return'])
        for (const { requestId } of [at.waiting, at.live]) await slack.press(who, action, requestId)
    await slack.settled()
    assert.deepEqual(await states(), before)
  })
})

describe('a form that Slack signed', () => {
  const propose = (who: string, id: string, values: object, more: object = {}) =>
    slack.submit(who, COMPOSE, JSON.stringify({ id, ...more }), values as Record<string, unknown>)
  const proposals = async () => (await world.bot.db.selectFrom('request').select('id').execute()).map(({ id }) => id).sort()

  test('asks in rey’s name: the request waits for rey’s key, and no approver is asked', async () => {
    const id = newId()
    assert.match((await propose(ACCOUNTS.rey, id, service())).body, /"response_action":"update"/)
    await slack.settled()
    const [state] = [await stateOf(id)]
    assert.ok(state === undefined || state === 'awaiting_requester', state)
    const asked = (await bot.slack.calls()).filter(
      ({ method, body }) => method === 'chat.postMessage' && JSON.stringify(body).includes(id),
    )
    assert.deepEqual(
      asked.filter(({ body }) => String(body['channel']).startsWith('U')),
      [],
    )
  })

  test('under the id of somebody else’s request neither changes it nor tells its link', async () => {
    const before = await world.bot.db.selectFrom('request').selectAll().where('id', '=', at.waiting.requestId).execute()
    const answer = await propose(ACCOUNTS.ana, at.waiting.requestId, service())
    assert.ok(!answer.body.includes(at.waiting.viewId), answer.body)
    assert.deepEqual(
      await world.bot.db.selectFrom('request').selectAll().where('id', '=', at.waiting.requestId).execute(),
      before,
    )
  })

  test('under the id of his own request, with other values, is the request that stands', async () => {
    const values = service({
      [parameterBlock('service.restart', 'service')]: { x: { selected_option: { value: 'ledger-api' } } },
    })
    const before = await proposals()
    assert.ok((await propose(ACCOUNTS.rey, at.waiting.requestId, values)).body.includes(at.waiting.checkCode))
    assert.deepEqual(await proposals(), before)
  })

  test('asks for what its person may not ask, for no action, for too long, or with values that no form offers', async () => {
    const before = await proposals()
    const lease = (value: unknown) => service({ [leaseBlock('service.restart')]: { x: { selected_option: { value } } } })
    for (const [who, values] of [
      [ACCOUNTS.bo, service()],
      [ACCOUNTS.rey, service({ action: { x: { value: 'keys.enrol' } } })],
      [ACCOUNTS.rey, lease('999999')],
      [ACCOUNTS.rey, lease('-1')],
      [ACCOUNTS.rey, lease('1e3.')],
      [ACCOUNTS.rey, service({ [parameterBlock('service.restart', 'service')]: { x: { value: 'everything' } } })],
      [ACCOUNTS.rey, service({ [parameterBlock('service.restart', '__proto__')]: { x: { value: 'x' } } })],
      [ACCOUNTS.rey, service({ reason: { x: { value: 'ok \u202Edevorppa' } } })],
    ] as const)
      await propose(who, newId(), values)
    assert.deepEqual(await proposals(), before)
  })

  test('of no form of ours, or with what none of ours keeps, does nothing', async () => {
    const before = await proposals()
    for (const callback of ['request.approve', 'claim', 'objection.explained', COMPOSE, '__proto__'])
      for (const kept of [
        '',
        'null',
        '{}',
        '{"id":"x"}',
        '{"id":1,"person":"bo"}',
        JSON.stringify({ id: newId(), person: 'bo' }),
        at.waiting.requestId,
      ])
        await slack.submit(ACCOUNTS.rey, callback, kept, service())
    assert.deepEqual(await proposals(), before)
  })

  test('says why in the name of somebody who did not object', async () => {
    await slack.press(ACCOUNTS.bo, 'request.object', at.waiting.requestId)
    await slack.settled()
    const [wish] = await world.bot.db.selectFrom('wish').select('id').where('kind', '=', 'object').execute()
    const answer = await slack.submit(ACCOUNTS.ana, 'objection.explained', wish?.id ?? '', {
      why: { x: { value: 'it is fine' } },
    })
    assert.match(answer.body, /Only the person who objected/)
    await slack.press(ACCOUNTS.bo, 'request.lift', at.waiting.requestId)
  })
})

describe('a command that Slack signed', () => {
  test('knows no word for deciding, enrolling or claiming, whoever types it', async () => {
    const before = await states()
    for (const who of everybody)
      for (const word of ['approve', 'deny', 'confirm', 'claim', 'enrol', 'grant', 'token', 'sudo'])
        assert.equal((await slack.command(who, `${word} ${at.waiting.requestId} reason="please do"`)).statusCode, 200)
    await slack.command(ACCOUNTS.rey, 'x', { command: '/approve' })
    await slack.command(ACCOUNTS.rey, 'service.restart service=payments-api reason="INC-4211" approvers=rey quorum=0')
    await slack.settled()
    assert.deepEqual(await states(), before)
  })
})

describe('an event that Slack signed', () => {
  test('of accounts that come, change or are given back gives nobody anything', async () => {
    const before = await states()
    for (const id of everybody)
      for (const over of [{ deleted: false }, { is_admin: true, is_owner: true }, { name: 'bo', real_name: 'Bo Tanaka' }])
        await slack.event({ type: 'user_change', user: { id, team_id: 'T0SANDBOX', ...over } })
    await slack.event({
      type: 'user_change',
      user: { id: 'U0EVIL', team_id: 'T0SANDBOX', real_name: 'Bo Tanaka', profile: { email: 'bo@example.com' } },
    })
    await slack.event({ type: 'user_change', user: { id: ACCOUNTS.rey, team_id: 'T0EVIL', deleted: true } })
    await slack.settled()
    assert.deepEqual(await states(), before)
  })

  test('of messages, groups, channels and the app itself decides nothing', async () => {
    const before = await states()
    for (const event of [
      { type: 'message', channel_type: 'im', user: ACCOUNTS.bo, text: `approve ${at.waiting.requestId}` },
      {
        type: 'reaction_added',
        user: ACCOUNTS.bo,
        reaction: 'white_check_mark',
        item: { type: 'message', channel: 'C0INCIDENT42', ts: '1.0' },
      },
      { type: 'app_mention', user: ACCOUNTS.bo, text: 'approve' },
      { type: 'subteam_members_changed', subteam_id: 'S0OWNERS', added_users: [ACCOUNTS.theo] },
      { type: 'member_joined_channel', user: ACCOUNTS.theo, channel: 'C0INCIDENT42' },
      { type: 'app_uninstalled' },
      { type: 'tokens_revoked', tokens: { bot: ['U0COUNTERSIGN'] } },
      { type: 'link_shared', links: [{ url: `${bot.issuerUrl}/r/${at.waiting.viewId}` }] },
    ])
      await slack.event(event)
    for (const user of [...everybody, 'U0EVIL']) await slack.event({ type: 'app_home_opened', tab: 'home', user })
    await slack.settled()
    assert.deepEqual(await states(), before)
  })

  test('of deactivation takes away, as it must, and coming back brings nothing of it back', async () => {
    await slack.event({ type: 'user_change', user: { id: ACCOUNTS.rey, team_id: 'T0SANDBOX', deleted: true } })
    await slack.settled()
    await bot.slack.as('ana').until('the end', async () => (await stateOf(at.waiting.requestId)) === 'voided')
    await slack.event({ type: 'user_change', user: { id: ACCOUNTS.rey, team_id: 'T0SANDBOX', deleted: false } })
    await slack.settled()
    assert.equal(await stateOf(at.waiting.requestId), 'voided')
    assert.equal(await stateOf(at.approved.requestId), 'voided')
  })
})
