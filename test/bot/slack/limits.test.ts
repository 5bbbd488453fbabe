import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actions, button, header, lines, note } from '../../../src/bot/slack/blocks.ts'
import { composeView } from '../../../src/bot/slack/compose.ts'
import { findLimits, findMessageLimits, findViewLimits } from '../../../src/bot/slack/limits.ts'
import type { RuleSet } from '../../../src/domain/action.ts'
import { readBlocks } from '../../../src/sandbox/slack/block-kit.ts'

const plain = (text: string) => ({ type: 'plain_text', text })
const BREACHES: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['a header over 150', [{ type: 'header', text: plain('x'.repeat(151)) }], /header.*|151 characters; at most 150/],
  [
    'a button text over 75',
    [{ type: 'actions', elements: [{ type: 'button', text: plain('x'.repeat(76)) }] }],
    /76 characters; at most 75/,
  ],
  [
    'a button value over 2000',
    [{ type: 'actions', elements: [{ type: 'button', text: plain('x'), value: 'x'.repeat(2001) }] }],
    /at most 2000/,
  ],
  [
    'an action id over 255',
    [{ type: 'actions', elements: [{ type: 'button', text: plain('x'), action_id: 'x'.repeat(256) }] }],
    /at most 255/,
  ],
  [
    '26 buttons',
    [{ type: 'actions', elements: Array.from({ length: 26 }, () => ({ type: 'button', text: plain('x') })) }],
    /26 elements; at most 25/,
  ],
  ['an empty header', [{ type: 'header', text: plain('') }], /no text/],
  ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' })), /51 blocks; at most 50/],
]

for (const [what, blocks, words] of BREACHES) {
  test(`${what} is found before Slack refuses it`, () => {
    assert.match(findLimits(blocks, 'message').join('\n'), words)
    assert.equal(readBlocks(JSON.parse(JSON.stringify(blocks)), 'message').ok, false, 'the simulated workspace agrees')
  })
}

test('lengths count code points, as Slack does, so 150 pictographs are a header', () => {
  assert.deepEqual(findLimits([{ type: 'header', text: plain('🔥'.repeat(150)) }], 'message'), [])
  assert.equal(findLimits([{ type: 'header', text: plain('🔥'.repeat(151)) }], 'message').length, 1)
})

test('a kind that we never send is a problem, not a silence', () => {
  assert.match(findLimits([{ type: 'video' }], 'message').join(), /video is a kind that is never sent/)
})

test('a message is cut off by its sum before Slack’s undocumented cap, and its text by that of updates', () => {
  const long = Array.from({ length: 4 }, () => note('x'.repeat(2000)))
  assert.deepEqual(findMessageLimits({ text: 'x', blocks: long }), [])
  assert.match(findMessageLimits({ text: 'x', blocks: [...long, lines([['y'.repeat(2001)]])] }).join(), /10001 characters/)
  assert.match(findMessageLimits({ text: 'x'.repeat(4001), blocks: [] }).join(), /text of 4001/)
})

test('makers clip what is ours to clip', () => {
  assert.deepEqual(
    findLimits([header('𝒳'.repeat(500)), actions(button('a.b', 'y'.repeat(500), {})), note('z'.repeat(9000))], 'message'),
    [],
  )
})

test('a form of every parameter type at its largest is one that Slack takes', () => {
  const label = 'l'.repeat(200)
  const described = { label, help: 'h'.repeat(500), personal: true }
  const parameters = [
    { ...described, name: 'a', type: 'enum', values: Array.from({ length: 100 }, (_, index) => `${'v'.repeat(72)}${index}`) },
    { ...described, name: 'b', type: 'integer', minimum: -5, maximum: 5 },
    { ...described, name: 'c', type: 'boolean' },
    ...Array.from({ length: 17 }, (_, index) => ({
      ...described,
      name: `p${index}`,
      type: 'string',
      pattern: '.*',
      max_length: 2000,
    })),
  ] as unknown as RuleSet['offers'][number]['action']['parameters']
  const offers = Array.from({ length: 130 }, (_, index) => ({
    channel: '#x',
    action: {
      runbook: `book-${index % 3}`,
      name: `do-${index}`,
      title: `${label}${index}`.slice(-200),
      text: '',
      parameters,
      credential: { kind: 'jwt', target: 'sandbox', grants: {} },
      lease: { default_seconds: 900, maximum_seconds: 3600 },
      freshness_seconds: 900,
      rules: { requesters: ['on-call'], approvals: [{ group: 'owners', count: 2 }] },
    },
  }))
  const view = composeView(
    offers,
    { id: '01h455vb4pex5vsknk084sn02q', action: 'book-0.do-129', reason: 'r'.repeat(500) },
    'https://bot.example.com',
  )
  assert.deepEqual(findViewLimits(view), [])
  assert.match(JSON.stringify(view), /30 more are not listed here/)
  assert.match(
    JSON.stringify(view),
    /"initial_option":\{"text":\{[^}]*\},"value":"book-0.do-129"\}/,
    'the chosen one is always listed',
  )
})
