// Changes of keys, roles and rules as people read them: pinned by golden files, and within what Slack takes. Only who may say that a change was not his
// doing has a button that does anything.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyView, NoticeView } from '../../../src/bot/notice-view.ts'
import { readDoubted } from '../../../src/bot/slack/handle-not-me.ts'
import { findMessageLimits } from '../../../src/bot/slack/limits.ts'
import { NOT_ME, type NoticeLinks, type Reader, renderChanges } from '../../../src/bot/slack/render-change.ts'
import type { Gain } from '../../../src/runbooks/gain.ts'
import { readBlocks } from '../../../src/sandbox/slack/block-kit.ts'
import { assertGolden } from '../../support/golden.ts'
import { ANA, BO, requestView, STATES } from '../../support/request-views.ts'

const NOON = Date.UTC(2026, 0, 1, 12) / 1000
const MIRA = { id: 'mira', name: 'Mira', slack: 'U0MIRA' }
const LINKS: NoticeLinks = {
  keys: 'https://sign.example.com/keys',
  enrol: 'https://sign.example.com/enrol',
  pageOf: () => 'https://sign.example.com/r/01h455vb4pex5vsknk084sn02q',
}
const key = (over: Partial<KeyView> = {}): KeyView => ({
  owner: BO,
  nickname: 'blue key',
  short: 'A1b2C3d4',
  standing: 'active',
  ...over,
})
const change = (over: Partial<Extract<NoticeView, { is: 'change' }>> = {}): NoticeView => ({
  is: 'change',
  at: NOON,
  sequence: 12,
  operation: 'enrol',
  signers: [MIRA, ANA],
  byOwner: false,
  provider: undefined,
  keys: [key()],
  given: [],
  approvesFrom: undefined,
  about: undefined,
  named: ['bo'],
  ...over,
})
const GAIN: Gain = {
  complete: true,
  groups: [{ name: 'service-owners', gained: ['bo'], lost: [] }],
  roles: [{ name: 'administrators', gained: ['ana'], lost: ['bo'] }],
  accounts: [{ name: 'ana', gained: ['T0/U9'], lost: ['T0/U1'] }],
  actions: [
    { action: 'service.restart', change: 'changed', members: ['rules'], lowered: ['fewer_approvals', 'others_may_ask'] },
    { action: 'db.read', change: 'changed', members: ['text'], lowered: [] },
    { action: 'db.write', change: 'changed', members: ['credential'], lowered: ['other_right', 'other_values', 'other_names'] },
    { action: 'db.drop', change: 'added', members: [], lowered: [] },
    { action: 'db.look', change: 'changed', members: ['channel'], lowered: [] },
  ],
  targets: { name: 'targets', gained: [], lost: [] },
  keys: true,
  security_channel: { was: '#security', is: '' },
  counts: { groups: 1, accounts: 1, actions: 5 },
}
const name = (id: string) => [ANA, BO, MIRA].find((each) => each.id === id) ?? { id, name: id, slack: undefined }

const NOTICES: { readonly [name: string]: NoticeView } = {
  enrolled: change({
    given: [{ person: BO, roles: ['approver'], effect: 'grant' }],
    approvesFrom: NOON + 86_400,
    doubt: 'change/12',
  }),
  vouched: change({ signers: [], provider: 'login.example', doubt: 'change/12' }),
  added: change({ operation: 'add', signers: [BO], byOwner: true, doubt: 'change/12' }),
  suspended: change({ operation: 'suspend', signers: [MIRA], keys: [key({ standing: 'suspended' })] }),
  'role withdrawn': change({ operation: 'role', keys: [], given: [{ person: BO, roles: ['approver'], effect: 'withdraw' }] }),
  provider: change({ operation: 'provider', keys: [], about: 'https://login.example' }),
  recovered: change({ operation: 'recover', signers: [MIRA], keys: [], named: [] }),
  waits: { is: 'waits', at: NOON, by: MIRA, operation: 'enrol', people: [BO] },
  registered: {
    is: 'registration',
    at: NOON,
    person: BO,
    nickname: 'blue key',
    short: 'A1b2C3d4',
    standing: 'waits',
    by: undefined,
    doubt: `registration/${'A'.repeat(43)}`,
  },
  'turned down': { is: 'registration', at: NOON, person: BO, nickname: '', short: 'A1b2C3d4', standing: 'turned_down', by: BO },
  held: {
    is: 'held',
    at: NOON,
    person: BO,
    sequence: 12,
    keys: [key({ standing: 'held' })],
    spared: [],
    live: [STATES['claimed-active'] ?? requestView()],
  },
  spared: { is: 'held', at: NOON, person: BO, sequence: 12, keys: [], spared: [key()], live: [] },
  released: { is: 'released', at: NOON, person: BO, keys: [key()], by: 'owner' },
  alarm: { is: 'alarm', at: NOON, holds: 4 },
  disagreement: { is: 'disagreement', at: NOON, person: BO, registering: false },
  'disagreement at a registration': { is: 'disagreement', at: NOON, person: BO, registering: true },
  standstill: { is: 'standstill', at: NOON, person: BO, keys: [key()] },
  era: { is: 'era', at: NOON, era: 2, roots: [MIRA, ANA] },
  unheard: { is: 'unheard', at: NOON, channel: '#security', why: 'not_in_channel' },
  rules: { is: 'rules', at: NOON, gain: GAIN, countsFrom: NOON + 86_400, name },
}
const READERS: readonly Reader[] = ['own', 'admin', 'security']

function rendered(views: readonly NoticeView[], reader: Reader) {
  const message = renderChanges(views, reader, LINKS)
  assert.ok(message)
  assert.deepEqual(findMessageLimits(message), [])
  const read = readBlocks(JSON.parse(JSON.stringify(message.blocks)), 'message')
  assert.ok(read.ok, JSON.stringify(read))
  return message
}

for (const [title, view] of Object.entries(NOTICES))
  test(`what people read of: ${title}`, () => {
    const messages = Object.fromEntries(READERS.map((reader) => [reader, rendered([view], reader)]))
    assertGolden(new URL(`../golden/change-${title.replaceAll(' ', '-')}.json`, import.meta.url), messages)
  })

test('many changes at once are one message that Slack takes, and say how many there are', () => {
  const keys = Array.from({ length: 200 }, (_, index) => key({ nickname: `${'k'.repeat(59)}${index % 10}` }))
  const given = keys.map(({ owner }) => ({ person: owner, roles: ['approver'] as const, effect: 'grant' as const }))
  const many = Array.from({ length: 40 }, () => change({ keys, given }))
  for (const reader of READERS) {
    const { text, blocks } = rendered(many, reader)
    assert.equal(text, '40 changes of keys, roles and rules')
    assert.match(JSON.stringify(blocks), /and 28 more/)
  }
})

test('a key that waited and was enrolled in the same minute is told once, and one that still waits is told beside it', () => {
  const waited = { ...(NOTICES['registered'] as object), standing: 'enrolled', doubt: undefined } as NoticeView
  const other = { ...(NOTICES['registered'] as object), short: 'Z9y8X7w6' } as NoticeView
  const enrolled = change({ keys: [key({ short: 'A1b2C3d4' })] })
  assert.deepEqual(rendered([waited, enrolled], 'admin'), rendered([enrolled], 'admin'))
  assert.equal(rendered([waited, enrolled, other], 'admin').text, '2 changes of keys, roles and rules')
  assert.match(JSON.stringify(rendered([waited], 'own').blocks), /was enrolled/)
})

test('no name that somebody typed becomes a mention, a link or a mark of ours', () => {
  const hostile = '<!channel> *x* :white_check_mark: <https://evil.example|ok>'
  const message = rendered([{ ...(NOTICES['registered'] as object), nickname: hostile } as NoticeView], 'own')
  assert.equal(JSON.stringify(message.text).includes('evil'), false)
  assert.equal(JSON.stringify(message.blocks).includes('mrkdwn'), false)
})

test('the button names one change or one key, and nothing else is read from it', () => {
  const buttons = JSON.stringify(rendered([NOTICES['enrolled'] as NoticeView], 'own').blocks)
  assert.match(buttons, new RegExp(`"action_id":"${NOT_ME}".*"value":"change/12"`))
  assert.deepEqual(readDoubted('change/12'), { sequence: 12 })
  assert.deepEqual(readDoubted(`registration/${'A'.repeat(43)}`), { registration: 'A'.repeat(43) })
  for (const none of ['', 'change/', 'change/0', 'change/1.5', 'change/12345678', 'change/1 ', 'registration/x', 'held/1'])
    assert.equal(readDoubted(none), undefined, none)
})
