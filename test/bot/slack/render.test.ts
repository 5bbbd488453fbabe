import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lines } from '../../../src/bot/slack/blocks.ts'
import { answeredMessage, confirmMessage, confirmView } from '../../../src/bot/slack/confirm.ts'
import { explainView } from '../../../src/bot/slack/handle-objection.ts'
import { renderKeyless, unreachableLines } from '../../../src/bot/slack/keyless.ts'
import { findMessageLimits, findViewLimits } from '../../../src/bot/slack/limits.ts'
import { renderHome } from '../../../src/bot/slack/render-home.ts'
import { renderAsk, renderNotice, renderPast, renderReminder, stageOf } from '../../../src/bot/slack/render-notice.ts'
import { renderRequest } from '../../../src/bot/slack/render-request.ts'
import { createNo } from '../../../src/bot/slack/say-no.ts'
import { lineOf, STEP_TYPES, stepOf } from '../../../src/bot/slack/steps.ts'
import { ownWaitLine, waitingLines } from '../../../src/bot/slack/waiting.ts'
import { GRANT_STATES } from '../../../src/domain/grant.ts'
import { REQUEST_STATES } from '../../../src/domain/request-state.ts'
import { readBlocks } from '../../../src/sandbox/slack/block-kit.ts'
import { assertGolden } from '../../support/golden.ts'
import { ANA, BO, MIRA, requestView, STATES } from '../../support/request-views.ts'

const golden = (name: string) => new URL(`../golden/${name}.json`, import.meta.url)
const RECEIPT = 'https://sign.example.com/receipts/01h455vb4pex5vsknk084sn02q'
const LINKS = {
  page: 'https://sign.example.com/r/01h455vb4pex5vsknk084sn02q',
  receipt: RECEIPT,
  enrol: 'https://sign.example.com/enrol',
}
const KEYS = 'https://sign.example.com/keys'
const NO = createNo('https://bot.example.com')
const PROPOSED = {
  requestId: '01h455vb4pex5vsknk084sn02q',
  checkCode: 'abcd-efgh-jkmn',
  asked: requestView(),
  confirmBy: 1_767_268_800,
  page: LINKS.page,
}

test('every state of request and grant has its golden message', () => {
  const views = Object.values(STATES)
  for (const state of REQUEST_STATES)
    assert.ok(
      views.some((view) => view.state === state),
      state,
    )
  for (const state of GRANT_STATES)
    assert.ok(
      views.some((view) => view.grant?.state === state),
      state,
    )
})

for (const [name, view] of Object.entries(STATES)) {
  test(`the channel message of a request that is ${name} is as it was looked at, and Slack takes it`, () => {
    const message = renderRequest(view, RECEIPT)
    assertGolden(golden(`channel-${name}`), message)
    taken(message)
    taken(renderRequest(view, RECEIPT, { short: true }))
  })
  test(`the direct messages about a request that is ${name} are as they were looked at, and Slack takes them`, () => {
    const notices = {
      stage: stageOf(view) ?? 'none',
      ask: renderAsk(view, 'ana', LINKS),
      tell: renderNotice(view, LINKS),
    }
    assertGolden(golden(`direct-${name}`), notices)
    taken(notices.ask)
    taken(notices.tell)
  })
}

test('the receipt is offered once something was handed out and is over, and at no other time', () => {
  for (const [name, view] of Object.entries(STATES)) {
    const over = ['claimed-returned', 'claimed-revoked', 'claimed-revoking', 'claimed-expired'].includes(name)
    const offers = (message: { blocks: readonly unknown[] }) => JSON.stringify(message.blocks).includes(RECEIPT)
    assert.equal(offers(renderRequest(view, RECEIPT)), over, name)
    assert.equal(offers(renderNotice(view, LINKS)), over, name)
    const decided = view.decisions.some(({ by }) => by.id === 'ana')
    assert.equal(offers(renderAsk(view, 'ana', LINKS)), over && decided, name)
  }
})

test('the next step and the Home tab are as they were looked at', () => {
  const held = Object.values(STATES).slice(2, 5)
  const home = renderHome(
    {
      waiting: held.map((view) => ({ view, page: LINKS.page })),
      access: [STATES['claimed-active'] ?? requestView()].map((view) => ({ view, page: LINKS.page })),
      ended: [STATES['lapsed'] ?? requestView()].map((view) => ({ view, page: LINKS.page })),
      others: [],
      keyless: [{ person: BO, trouble: 'no_key' }],
    },
    'https://bot.example.com',
    LINKS.enrol,
  )
  const views = { confirm: confirmView(PROPOSED), say: NO.view('Not possible', 'Because.'), home }
  assertGolden(golden('views'), { ...views, message: confirmMessage(PROPOSED) })
  for (const view of Object.values(views)) assert.deepEqual(findViewLimits(view), [])
})

test('nothing that a person wrote stands where Slack parses it', () => {
  const hostile = 'x <!channel> <https://evil.example|click> *b* :white_check_mark:'
  const view = requestView({ title: hostile, reason: hostile, parameters: [{ label: hostile, value: hostile }], target: hostile })
  for (const message of [renderRequest(view, RECEIPT), renderAsk(view, 'ana', LINKS), renderNotice(view, LINKS)]) {
    assert.doesNotMatch(message.text, /<!|<https/)
    const parsed = JSON.stringify(message.blocks, (_key, value) => (value?.type === 'mrkdwn' ? 'MRKDWN' : value))
    assert.doesNotMatch(parsed, /MRKDWN/)
    assert.doesNotMatch(parsed, /"emoji":true/)
  }
})

test('a personal value has no place in a message', () => {
  const [first] = requestView().parameters.filter(({ value }) => value === undefined)
  assert.ok(first)
  assert.match(JSON.stringify(renderRequest(requestView(), RECEIPT).blocks), /personal, shown on the page/)
})

test('a request with twenty parameters of full length still goes out, cut only where the page has it in full', () => {
  const parameters = Array.from({ length: 20 }, (_, index) => ({
    label: `Label ${index} ${'l'.repeat(190)}`,
    value: 'v'.repeat(2000),
  }))
  taken(renderRequest(requestView({ parameters, reason: '𝒳'.repeat(500) }), RECEIPT))
})

test('what is said beside a request’s messages is as it was looked at, and Slack takes it', () => {
  const view = requestView()
  const beside = { requesters: [ANA, BO], more: true }
  const aside = {
    beside: renderAsk(view, 'mira', LINKS, { beside }),
    own: renderAsk(STATES['awaiting-approvers-1-of-2'] ?? view, 'ana', LINKS),
    reminder: renderReminder(view),
    past: renderPast(STATES['claimed-active'] ?? view),
    keyless: renderKeyless(
      [
        { person: ANA, trouble: 'no_key' },
        { person: BO, trouble: 'no_key' },
        { person: BO, trouble: 'unused' },
        { person: ANA, trouble: 'not_accepted' },
      ],
      LINKS.enrol,
    ),
    unreachable: renderNotice(view, LINKS, unreachableLines([ANA, BO])),
    waiting: renderNotice(
      view,
      LINKS,
      waitingLines(
        [
          { person: BO, at: view.decideBy - 600 },
          { person: ANA, at: view.decideBy + 86_400 },
          { person: MIRA, at: undefined },
        ],
        view,
      ),
    ),
    'many wait': renderNotice(
      view,
      LINKS,
      waitingLines(
        Array.from({ length: 40 }, (_, index) => ({
          person: index % 2 === 0 ? BO : ANA,
          at: index < 30 ? view.decideBy - 600 + index * 60 : undefined,
        })),
        view,
      ),
    ),
    'many too late': renderNotice(view, LINKS, waitingLines(Array(26).fill({ person: BO, at: view.decideBy + 1 }), view)),
    late: renderNotice(view, LINKS, waitingLines([{ person: BO, at: view.decideBy + 1 }], view)),
    'not yet': renderAsk(view, 'bo', LINKS, { not: ownWaitLine({ at: view.decideBy - 60 }, view, KEYS) }),
    'not in time': renderAsk(view, 'bo', LINKS, { not: ownWaitLine({ at: view.decideBy + 1 }, view, KEYS) }),
    'another key': renderAsk(view, 'bo', LINKS, { not: ownWaitLine({ at: undefined }, view, KEYS) }),
    answered: answeredMessage(view, LINKS.page),
    no: NO.message('Because.'),
  }
  assertGolden(golden('aside'), {
    ...aside,
    explain: explainView('00000000-0000-4000-8000-000000000000', 'https://bot.example.com'),
  })
  for (const message of Object.values(aside)) taken(message)
})

const STEPS: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ['request.confirmed', {}, /🔑 .* confirmed with a key/],
  [
    'statement.accepted',
    { kind: 'decide', decision: 'approve', lease_seconds: 300, note: { commitment: 'x' } },
    /approved.*5 minutes at most.*with a note/,
  ],
  ['statement.accepted', { kind: 'decide', decision: 'deny' }, /⛔ .* denied/],
  ['request.held', {}, /objected: nothing can be claimed/],
  ['objection.explained', { wish: 'x' }, /“<!channel> why”/],
  ['request.released', { by: 'approval' }, /The approval of .* lifted/],
  ['request.released', {}, / lifted the objection/],
  ['request.cancelled', {}, /cancelled it/],
  ['request.lapsed', { from: 'approved' }, /Ran out of time/],
  ['request.voided', { why: 'the requester was deactivated' }, /Made void.*: the requester was deactivated/],
  ['grant.activated', {}, /Claimed, until/],
  ['grant.failed', {}, /could not be made/],
  ['grant.ending', { reason: 'returned' }, /gave it back/],
  ['grant.ending', { reason: 'revoked' }, /revoked it/],
  ['credential.recall_failed', {}, /does not confirm it/],
  ['grant.returned', {}, /nothing of it works any more/],
  ['grant.revoked', {}, /nothing of it works any more/],
  ['grant.expired', {}, /Ended at its time/],
]
test('every step has its line, which Slack takes and in which it parses nothing', () => {
  for (const type of STEP_TYPES)
    assert.ok(
      STEPS.some(([named]) => named === type),
      type,
    )
  for (const [type, body, words] of STEPS) {
    const step = stepOf({ type, bytes: Buffer.from(`header\n${JSON.stringify(body)}`) })
    assert.ok(step, type)
    const line = lineOf(STATES['claimed-active'] ?? requestView(), { ...step, by: BO, said: '<!channel> why' })
    assert.ok(line, type)
    const message = { text: line.text, blocks: [lines([line.pieces])] }
    taken(message)
    assert.match(JSON.stringify(message.blocks).replaceAll(/"\},\{"type":"text","text":"/g, ''), words)
    assert.doesNotMatch(line.text, /<!/)
  }
})

test('a confirmation’s or a revocation’s statement is no step of its own', () => {
  for (const body of [
    { kind: 'request', decision: 'confirm' },
    { kind: 'revoke', decision: 'revoke' },
  ])
    assert.equal(stepOf({ type: 'statement.accepted', bytes: Buffer.from(`h\n${JSON.stringify(body)}`) }), undefined)
})

function taken(message: { readonly text: string; readonly blocks: readonly unknown[] }): void {
  assert.deepEqual(findMessageLimits(message), [])
  const read = readBlocks(JSON.parse(JSON.stringify(message.blocks)), 'message')
  assert.ok(read.ok, JSON.stringify(read))
}
