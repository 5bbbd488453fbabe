// Slack's limits, each at its edge: what still passes and what no longer does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBlocks } from '../../../src/sandbox/slack/block-kit.ts'
import { readView } from '../../../src/sandbox/slack/view-schema.ts'

const of = (length: number) => '😀'.repeat(length)
const plain = (length: number) => ({ type: 'plain_text', text: of(length) })
const option = (value: number | string = 1, text = 1) => ({ text: plain(text), value: String(value) })
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
const button = (extra: object = {}) => ({ type: 'button', text: plain(1), action_id: crypto.randomUUID(), ...extra })
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const input = (element: object, extra: object = {}) => ({ type: 'input', label: plain(1), element, ...extra })
const select = (count: number) => ({ type: 'static_select', options: many(count, option) })
const errorsOf = (blocks: unknown, surface: 'message' | 'modal' = 'message') => {
  const read = readBlocks(blocks, surface)
  return read.ok ? [] : [read.error, ...read.messages]
}

// Lengths count code points: each of these characters is two UTF-16 units.
const EDGES: readonly [string, (size: number) => object, number][] = [
  ['header text', (size) => ({ type: 'header', text: plain(size) }), 150],
  ['section text', (size) => ({ type: 'section', text: plain(size) }), 3000],
  ['section fields', (size) => ({ type: 'section', fields: many(size, () => plain(1)) }), 10],
  ['field text', (size) => ({ type: 'section', fields: [plain(size)] }), 2000],
  ['context elements', (size) => ({ type: 'context', elements: many(size, () => plain(1)) }), 10],
  ['actions elements', (size) => actions(...many(size, () => button())), 25],
  ['button text', (size) => actions(button({ text: plain(size) })), 75],
  ['button value', (size) => actions(button({ value: of(size) })), 2000],
  ['action_id', (size) => actions(button({ action_id: of(size) })), 255],
  ['block_id', (size) => ({ type: 'divider', block_id: of(size) }), 255],
  ['confirm title', (size) => actions(button({ confirm: { title: plain(size), text: plain(1) } })), 100],
  ['confirm text', (size) => actions(button({ confirm: { text: plain(size) } })), 300],
  ['confirm button', (size) => actions(button({ confirm: { text: plain(1), confirm: plain(size) } })), 30],
  ['select options', (size) => actions(select(size)), 100],
  ['option text', (size) => actions({ type: 'static_select', options: [option(1, size)] }), 75],
  ['option value', (size) => actions({ type: 'static_select', options: [option(of(size))] }), 150],
  ['overflow options', (size) => actions({ type: 'overflow', options: many(size, option) }), 5],
  ['radio options', (size) => actions({ type: 'radio_buttons', options: many(size, option) }), 10],
  ['checkbox options', (size) => actions({ type: 'checkboxes', options: many(size, option) }), 10],
  ['placeholder', (size) => actions({ ...select(1), placeholder: plain(size) }), 150],
  ['input label', (size) => input({ type: 'plain_text_input' }, { label: plain(size) }), 2000],
  ['input hint', (size) => input({ type: 'plain_text_input' }, { hint: plain(size) }), 2000],
  ['table rows', (size) => ({ type: 'table', rows: many(size, () => [{ type: 'raw_text', text: 'x' }]) }), 100],
  ['table columns', (size) => ({ type: 'table', rows: [many(size, () => ({ type: 'raw_text', text: 'x' }))] }), 20],
]
for (const [name, make, limit] of EDGES)
  test(`${name}: ${limit} pass, one more does not`, () => {
    assert.deepEqual(errorsOf([make(limit)]), [])
    const [error, message] = errorsOf([make(limit + 1)])
    assert.equal(error, 'invalid_blocks')
    assert.match(message ?? '', /^\[ERROR\] .+ \[json-pointer:\/blocks\/0.*\]$/)
  })

test('a message has at most 50 blocks, a modal 100, and blocks hold at most 13,200 characters', () => {
  const dividers = (count: number) => many(count, () => ({ type: 'divider' }))
  assert.deepEqual(errorsOf(dividers(50)), [])
  assert.equal(errorsOf(dividers(51))[0], 'invalid_blocks')
  assert.deepEqual(errorsOf(dividers(100), 'modal'), [])
  assert.equal(errorsOf(dividers(101), 'modal')[0], 'invalid_blocks')
  const sections = (last: number) => [...many(4, () => 3000), last].map((size) => ({ type: 'section', text: plain(size) }))
  assert.deepEqual(errorsOf(sections(1200)), [])
  assert.equal(errorsOf(sections(1201))[0], 'msg_blocks_too_long')
})

test('what Slack does not know is refused, and what it knows and we do not is said to be so', () => {
  assert.match(errorsOf([{ type: 'hologram' }])[1] ?? '', /unsupported type: hologram/)
  assert.match(errorsOf([{ type: 'video' }])[1] ?? '', /Slack has "video", the simulated workspace has not/)
  assert.match(errorsOf([{ type: 'divider', colour: 'red' }])[1] ?? '', /invalid additional property: colour/)
  assert.match(errorsOf([{ type: 'header' }])[1] ?? '', /missing required field: text/)
  assert.match(errorsOf([{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }])[1] ?? '', /\/blocks\/0\/text\/type/)
  assert.match(errorsOf([{ type: 'section' }])[1] ?? '', /missing required field: text/)
  assert.equal(errorsOf([{ type: 'section', text: { type: 'plain_text', text: '' } }])[0], 'invalid_blocks')
  assert.equal(errorsOf({ type: 'divider' })[0], 'invalid_blocks')
})

test('ids are unique, options are offered once, an initial option is one of them, an alert stands in modals only', () => {
  assert.match(errorsOf([1, 2].map(() => ({ type: 'divider', block_id: 'same' })))[1] ?? '', /"same" already exists/)
  assert.match(
    errorsOf([actions(button({ action_id: 'same' }), button({ action_id: 'same' }))])[1] ?? '',
    /"same" already exists/,
  )
  assert.match(errorsOf([actions({ type: 'static_select' })])[1] ?? '', /exactly one of/)
  assert.match(errorsOf([actions({ ...select(2), initial_option: option('other') })])[1] ?? '', /initial option/)
  const alert = { type: 'alert', text: plain(10) }
  assert.match(errorsOf([alert])[1] ?? '', /modals only/)
  assert.deepEqual(errorsOf([alert], 'modal'), [])
})

test('every block and acting element has an id in the end', () => {
  const read = readBlocks([actions({ type: 'button', text: plain(1) }), { type: 'divider' }], 'message')
  assert.ok(read.ok)
  assert.ok(read.blocks.every((block) => block.block_id.length > 0))
  assert.match(JSON.stringify(read.blocks[0]?.elements), /"action_id":"[^"]+"/)
})

test('a view has titles of 24, 3,000 of metadata, 250 KB, and a submit button if it has inputs', () => {
  const view = (extra: object = {}) => readView({ type: 'modal', title: plain(24), blocks: [], ...extra }, 'modal')
  assert.ok(view().ok)
  assert.ok(!view({ title: plain(25) }).ok)
  assert.ok(view({ private_metadata: 'x'.repeat(3000) }).ok)
  assert.ok(!view({ private_metadata: 'x'.repeat(3001) }).ok)
  const blocks = [input({ type: 'plain_text_input' })]
  assert.match(JSON.stringify(view({ blocks })), /missing required field: submit/)
  assert.ok(view({ blocks, submit: plain(24) }).ok)
  const big = view({ blocks: many(100, () => ({ type: 'section', text: { type: 'plain_text', text: 'x'.repeat(2600) } })) })
  assert.equal(big.ok ? '' : big.error, 'view_too_large')
  assert.ok(!readView({ type: 'home', title: plain(3), blocks: [] }, 'home').ok)
})
