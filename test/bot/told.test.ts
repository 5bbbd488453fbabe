// Who is told of what, in Slack: every end to everybody concerned, every step once in the thread, reminders, the answer that changes after the tap, and
// people without a key.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { revokeGrant } from '../../src/commands/revoke-grant.ts'
import { commit, newId } from '../../src/crypto.ts'
import { findKnown } from '../../src/db/requests.ts'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { withNewcomer } from '../support/newcomer.ts'
import { requestFrom } from '../support/request-from.ts'
import { actionsOf, on, wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { ask, claim, confirm, decide, newHolder, sign, type TestHolder } from '../support/world.ts'

const NORA = 'U0GUESTNORA'
const bot = await openBot(lastFirst(after), {
  runbooks: withNewcomer('nora', { name: 'Nora Vance', slack: [`T0SANDBOX/${NORA}`] }),
})

const INCIDENT = 'C0INCIDENT42'
type Life = { readonly requestId: string; readonly intent: string; readonly checkCode: string; readonly place: TestHolder }
const holds = (code: string, words: RegExp) => (message: MessageView) =>
  message.threadTs === null && wordsOf(message.blocks).includes(code) && words.test(wordsOf(message.blocks))
const stepsOf = (seen: readonly MessageView[], root: MessageView) =>
  seen.filter(({ threadTs }) => threadTs === root.ts).map(({ blocks }) => wordsOf(blocks))
const state = (set: object, life: Life) =>
  bot.world.ctx.db.updateTable('request_state').set(set).where('request_id', '=', life.requestId).execute()
const past = () => new Date(Date.now() - 1000)
const again = (message: MessageView) => actionsOf(message.blocks).some(({ action_id }) => action_id === 'request.again')

async function asked(): Promise<Life> {
  const { requestId, intent, checkCode } = await ask(bot.world)
  return { requestId, intent, checkCode, place: await newHolder() }
}
async function confirmed(): Promise<Life> {
  const life = await asked()
  assert.ok((await confirm(bot.world, life.intent, life.place)).ok)
  await bot.slack.as('bo').message('direct', holds(life.checkCode, /Your decision is asked/), 'the question')
  return life
}
async function approved(): Promise<Life> {
  const life = await confirmed()
  assert.ok((await decide(bot.world, life.intent, 'ana')).ok)
  return life
}
async function claimed(): Promise<Life> {
  const life = await approved()
  assert.ok((await claim(bot.world, life.intent, life.place)).ok)
  return life
}
const revoke = async (life: Life, person: string, role: 'requester' | 'approver' | 'administrator') => {
  const signed = await sign(bot.world, person, { kind: 'revoke', role, decision: 'revoke', intents: [life.intent] })
  assert.ok((await revokeGrant(bot.world.ctx, signed)).ok)
}

type End = {
  readonly begin: () => Promise<Life>
  readonly end: (life: Life) => Promise<unknown>
  readonly words: RegExp
  /** Nobody but its requester ever heard of it. */
  readonly unasked?: true
}
const ENDS: { readonly [end: string]: End } = {
  'runs out before the tap': {
    begin: asked,
    end: (life) => state({ confirm_by: past() }, life),
    words: /Ran out of time/,
    unasked: true,
  },
  'runs out before the decision': {
    begin: confirmed,
    end: (life) => state({ decide_by: past() }, life),
    words: /Ran out of time/,
  },
  'runs out before the claim': { begin: approved, end: (life) => state({ claim_by: past() }, life), words: /Ran out of time/ },
  'is cancelled': {
    begin: confirmed,
    end: (life) => makeWish(bot.world.bot, { kind: 'cancel', person: 'rey', request: life.requestId }),
    words: /Cancelled by the requester/,
  },
  'is denied': { begin: confirmed, end: (life) => decide(bot.world, life.intent, 'bo', 'deny'), words: /denied at/ },
  'is given back': {
    begin: claimed,
    end: (life) => makeWish(bot.world.bot, { kind: 'return', person: 'rey', request: life.requestId }),
    words: /Given back.*(cannot be recalled before|has not confirmed it yet|target confirmed it)/,
  },
  'is given back by key': { begin: claimed, end: (life) => revoke(life, 'rey', 'requester'), words: /Given back/ },
  'is revoked by an approver': { begin: claimed, end: (life) => revoke(life, 'bo', 'approver'), words: /evoked {2}by/ },
  'is revoked by an administrator': {
    begin: claimed,
    end: (life) => revoke(life, 'mira', 'administrator'),
    words: /evoked {2}by/,
  },
  'is at its time': {
    begin: claimed,
    end: async (life) => {
      const { db } = bot.world.ctx
      await db.updateTable('credential').set({ expires_at: past() }).where('request_id', '=', life.requestId).execute()
      await db.updateTable('grant').set({ ends_at: past() }).where('request_id', '=', life.requestId).execute()
    },
    words: /Ended at/,
  },
  'fails to be made': {
    begin: claimed,
    end: async (life) => {
      const { db } = bot.world.ctx
      await db.updateTable('grant').set({ state: 'failed' }).where('request_id', '=', life.requestId).execute()
      const news = { id: crypto.randomUUID(), topic: 'request.changed', request_id: life.requestId, payload: '{}' }
      await db
        .insertInto('issuer_outbox')
        .values({ ...news, created_at: new Date() })
        .execute()
    },
    words: /could not be made/,
  },
}

describe('its requester is told with the next step, those who were asked and the channel see it, when a request', () => {
  for (const [name, { begin, end, words, unasked }] of Object.entries(ENDS))
    test(name, async () => {
      const life = await begin()
      await end(life)
      const told = await bot.slack.as('rey').message('direct', holds(life.checkCode, words), 'the end')
      assert.ok(again(told), 'the next step is to ask again')
      if (unasked) return
      const channel = await bot.slack.as('theo').message(INCIDENT, holds(life.checkCode, words), 'the end')
      assert.ok(again(channel))
      for (const person of ['ana', 'bo'])
        await bot.slack.as(person).message('direct', holds(life.checkCode, words), `the end, as ${person} sees it`)
      const lines = (await bot.slack.as('rey').messages('direct')).filter((m) => holds(life.checkCode, words)(m) && again(m))
      assert.equal(lines.filter((m) => m.ts > told.ts).length, 0, 'one message tells of one end')
    })

  test('is refused by the issuer', async () => {
    const elsewhere = { ...bot.world.bot, realm: `sandbox:${newId()}` }
    const asked = { person: 'rey', action: 'service.restart', parameters: { service: 'payments-api' }, reason: 'INC-4211' }
    const proposed = await proposeRequest(elsewhere, asked)
    assert.ok(proposed.ok)
    const told = await bot.slack.as('rey').message('direct', holds(proposed.checkCode, /Not accepted/), 'the refusal')
    assert.ok(again(told))
    assert.match(wordsOf(told.blocks), /signed for another Countersign/)
  })
})

test('the thread has one line for each step, in their order, and none twice', async () => {
  const life = await confirmed()
  const mira = bot.slack.as('mira')
  await makeWish(bot.world.bot, { kind: 'object', person: 'bo', request: life.requestId })
  await mira.message(INCIDENT, holds(life.checkCode, /objected/), 'the objection')
  await makeWish(bot.world.bot, { kind: 'lift', person: 'bo', request: life.requestId })
  // An approval that came first would lift it by itself.
  await until('what was done to be seen', async () => (await findKnown(bot.world.ctx.db, life.requestId))?.state.held_by === null)
  assert.ok((await decide(bot.world, life.intent, 'ana', 'approve', { lease_seconds: 60 })).ok)
  assert.ok((await claim(bot.world, life.intent, life.place)).ok)
  await revoke(life, 'rey', 'requester')
  const root = await mira.message(INCIDENT, holds(life.checkCode, /Given back/), 'the end')
  const expected = [
    /confirmed with a key/,
    /objected/,
    /lifted the objection/,
    /approved ?, for 1 minute at most/,
    /Claimed, until/,
    /gave it back/,
  ]
  const steps = await mira.until('every step', async () => {
    const seen = stepsOf(await mira.messages(INCIDENT), root)
    return seen.length >= expected.length && seen
  })
  for (const [index, words] of expected.entries()) assert.match(steps[index] ?? '', words)
  // The same news once more adds nothing.
  const news = { id: crypto.randomUUID(), topic: 'request.changed', request_id: life.requestId, payload: '{}' }
  await bot.world.ctx.db
    .insertInto('issuer_outbox')
    .values({ ...news, created_at: new Date() })
    .execute()
  await until(
    'what was done to be seen',
    async () =>
      (await deliveriesOf(news.id)).every(({ done_at }) => done_at !== null) && (await deliveriesOf(news.id)).length > 0,
  )
  const lines = stepsOf(await mira.messages(INCIDENT), root)
  assert.equal(new Set(lines).size, lines.length)
  assert.equal(lines.filter((line) => /gave it back/.test(line)).length, 1, 'an end by key is one line')
})

test('the answer to a typed command names what is asked, and says that it is confirmed after the tap', async () => {
  const rey = bot.slack.as('rey')
  const { db } = bot.world.bot
  const { id, intent } = await requestFrom(db, () =>
    rey.say(INCIDENT, '/elevate service.restart service=ledger-api reason="ledger lags"'),
  )
  const answer = await rey.message(INCIDENT, (m) => m.ephemeral && /Nobody has been asked yet/.test(wordsOf(m.blocks)))
  assert.match(wordsOf(answer.blocks), /Service: +ledger-api/)
  const opened = await rey.press(on(answer), 'link.confirm')
  assert.match(String(opened.url), /\/r\//)
  const code = /Check code ([0-9a-z-]{14})/.exec(wordsOf(answer.blocks))?.[1] ?? ''
  await until(
    'what was done to be seen',
    async () => (await db.selectFrom('message').select('place').where('request_id', '=', id).execute()).length > 0,
  )
  await until(
    'what was done to be seen',
    async () => (await db.selectFrom('request_state').select('state').where('request_id', '=', id).execute()).length > 0,
  )
  assert.ok((await confirm(bot.world, intent, await newHolder())).ok)
  await rey.message(
    INCIDENT,
    (m) => m.ts === answer.ts && /Confirmed with your key/.test(wordsOf(m.blocks)),
    'the changed answer',
  )
  const own = (await rey.messages(INCIDENT)).filter((m) => m.ephemeral && wordsOf(m.blocks).includes(code))
  assert.equal(own.length, 1, 'it was replaced')
})

test('who was asked and has not looked is reminded once in the thread, and the reminder goes when it is over', async () => {
  const { db } = bot.world.bot
  const life = await confirmed()
  const due = () => db.selectFrom('reminder').selectAll().where('request_id', '=', life.requestId).orderBy('due_at').execute()
  await until('what was done to be seen', async () => (await due()).length === 2)
  const [first, second] = await due()
  assert.ok(first && second)
  const third = (20 + 10 / 3) * 60_000
  assert.ok(first.due_at.getTime() - Date.now() > third - 60_000 && first.due_at.getTime() - Date.now() <= third)
  assert.ok(second.due_at.getTime() - first.due_at.getTime() >= 60_000, 'never in the same minute')
  // Ana looks; Bo does not.
  const ana = bot.slack.as('ana')
  await ana.press(on(await ana.message('direct', holds(life.checkCode, /Your decision/))), 'link.review')
  await until('what was done to be seen', async () =>
    (await due()).some(({ person, done_at }) => person === 'ana' && done_at !== null),
  )
  await db.updateTable('reminder').set({ due_at: past() }).where('request_id', '=', life.requestId).execute()
  const bo = bot.slack.as('bo')
  const question = await bo.message('direct', holds(life.checkCode, /Your decision/))
  const isReminder = (m: MessageView) => m.threadTs === question.ts && /Still waits for you/.test(wordsOf(m.blocks))
  await bo.message('direct', isReminder, 'the reminder')
  assert.equal((await ana.messages('direct')).filter((m) => /Still waits for you/.test(wordsOf(m.blocks))).length, 0)
  assert.ok((await decide(bot.world, life.intent, 'ana')).ok)
  await bo.until('the reminder to go', async () => !(await bo.messages('direct')).some(isReminder))
})

test('nobody is reminded of what is held or decided', async () => {
  const { db } = bot.world.bot
  const life = await confirmed()
  await until(
    'what was done to be seen',
    async () =>
      (await db.selectFrom('reminder').select('person').where('request_id', '=', life.requestId).execute()).length === 2,
  )
  await makeWish(bot.world.bot, { kind: 'object', person: 'mira', request: life.requestId })
  await bot.slack.as('mira').message(INCIDENT, holds(life.checkCode, /objected/))
  await db.updateTable('reminder').set({ due_at: past() }).where('request_id', '=', life.requestId).execute()
  await until('what was done to be seen', async () => {
    const told = await db.selectFrom('delivery').select(['place', 'done_at']).where('request_id', '=', life.requestId).execute()
    return told.filter(({ place, done_at }) => place.startsWith('remind/') && done_at !== null).length === 2
  })
  const seen = await bot.slack.as('bo').messages('direct')
  assert.equal(seen.filter((m) => /Still waits for you/.test(wordsOf(m.blocks))).length, 0)
})

test('a note and less time reach the requester; the channel is told that there is a note', async () => {
  const life = await confirmed()
  const { commitment, opening } = commit('Only one replica, please')
  const signed = await sign(bot.world, 'ana', {
    kind: 'decide',
    role: 'approver',
    decision: 'approve',
    intents: [life.intent],
    note: commitment,
    lease_seconds: 300,
  })
  assert.ok((await acceptStatement(bot.world.ctx, { ...signed, note: opening })).ok)
  const told = await bot.slack.as('rey').message('direct', holds(life.checkCode, /approved at/), 'the approval')
  assert.match(wordsOf(told.blocks), /for 5 minutes at most/)
  assert.match(wordsOf(told.blocks), /“Only one replica, please”/)
  const channel = await bot.slack.as('theo').message(INCIDENT, holds(life.checkCode, /approved at/), 'the approval')
  assert.match(wordsOf(channel.blocks), /5 minutes \(asked: 15 minutes\).*, with a note/)
  assert.doesNotMatch(wordsOf(channel.blocks), /Only one replica/)
})

test('too few keys: the requester is told at once, administrators once a day, and the Home tab names who lacks one or never had one', async () => {
  const { db } = bot.world.ctx
  const keys = (status: 'active' | 'suspended') =>
    db.updateTable('passkey').set({ status }).where('person', 'in', ['ana', 'bo']).execute()
  await keys('suspended')
  const lives = [await asked(), await asked()]
  for (const { intent, place } of lives) assert.ok((await confirm(bot.world, intent, place)).ok)
  for (const { checkCode } of lives) {
    const told = await bot.slack.as('rey').message('direct', holds(checkCode, /Too few of those who may approve/), 'why it waits')
    assert.match(wordsOf(told.blocks), /An administrator was told/)
  }
  const mira = bot.slack.as('mira')
  const isKeys = (m: MessageView) => /Approvers without a working key/.test(wordsOf(m.blocks))
  const told = await mira.message('direct', isKeys, 'who has no key')
  assert.match(JSON.stringify(told.blocks), /U0BOTANAKA0/)
  assert.ok(JSON.stringify(told.blocks).includes(NORA), 'who never had one')
  assert.match(JSON.stringify(told.blocks), /3001\/enrol/)
  assert.equal((await mira.messages('direct')).filter(isKeys).length, 1, 'once a day')
  await mira.openHome()
  await mira.until('who has no key, at home', async () => {
    const { home } = await mira.snapshot()
    return (
      home &&
      /Approvers without a working key/.test(wordsOf(home.blocks)) &&
      ['U0ANALINDQV', NORA].every((id) => JSON.stringify(home.blocks).includes(id))
    )
  })
  await keys('active')
  const asks = (await bot.slack.as('nora').messages('direct')).filter((m) => /decision/.test(wordsOf(m.blocks)))
  assert.deepEqual(asks, [], 'who cannot decide is not asked to')
})

test('somebody was deactivated: what he approved is void, what the requester held is ended, and everybody is told why', async () => {
  const deactivated = (person: string) => makeWish(bot.world.bot, { kind: 'deactivated', person })
  const open = await approved()
  const held = await claimed()
  const told = (life: Life, words: RegExp) =>
    Promise.all([
      bot.slack.as('rey').message('direct', (m) => holds(life.checkCode, words)(m) && again(m), `${words}`),
      bot.slack.as('bo').message('direct', holds(life.checkCode, words), `${words}`),
      bot.slack.as('theo').message(INCIDENT, holds(life.checkCode, words), `${words}`),
    ])
  await deactivated('ana')
  await told(open, /Made void +at.*an approver was deactivated/)
  await deactivated('rey')
  await told(held, /because the account of who asked was deactivated/)
})

const deliveriesOf = (source: string) =>
  bot.world.bot.db.selectFrom('delivery').select('done_at').where('source', '=', source).execute()
