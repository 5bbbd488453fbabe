// What a form refuses before the app is asked, and what the app gets as state.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, problemsOf, stateOf } from '../../../src/sandbox/slack/inputs.ts'
import type { Block, Element } from '../../../src/sandbox/slack/wire.ts'

const block = (element: Partial<Element> & { type: string }, extra: Partial<Block> = {}): Block => ({
  type: 'input',
  block_id: 'b',
  element: { action_id: 'a', ...element },
  ...extra,
})
const problem = (element: Partial<Element> & { type: string }, value: string | null, extra: Partial<Block> = {}) =>
  problemsOf([block(element, extra)], { b: { a: { type: element.type, value } } })['b']

test('a required field is demanded, an optional one is not', () => {
  assert.match(problem({ type: 'plain_text_input' }, null) ?? '', /required/)
  assert.equal(problem({ type: 'plain_text_input' }, null, { optional: true }), undefined)
})

test('a text has its least and most characters, counted as people count them', () => {
  const element = { type: 'plain_text_input', min_length: 2, max_length: 3 }
  assert.match(problem(element, '😀') ?? '', /at least 2/)
  assert.equal(problem(element, '😀😀'), undefined)
  assert.equal(problem(element, '😀😀😀'), undefined)
  assert.match(problem(element, '😀😀😀😀') ?? '', /at most 3/)
})

test('a number stays in its range, whole where it must be', () => {
  const element = { type: 'number_input', is_decimal_allowed: false, min_value: '1', max_value: '5' }
  for (const good of ['1', '3', '5']) assert.equal(problem(element, good), undefined)
  for (const bad of ['0', '6', '2.5', 'two', '1e3', ' 3', '0x1']) assert.ok(problem(element, bad), bad)
  assert.equal(problem({ ...element, is_decimal_allowed: true }, '2.5'), undefined)
})

test('state holds every input, initial or entered; an entry for another kind of element is dropped', () => {
  const first = { text: { type: 'plain_text', text: 'One' }, value: '1' } as const
  const element = { action_id: 'a', type: 'static_select', options: [first], initial_option: first }
  const blocks = [block(element)]
  assert.deepEqual(stateOf(blocks, {})['b']?.['a'], { type: 'static_select', selected_option: first })
  assert.deepEqual(stateOf(blocks, { b: { a: { type: 'plain_text_input', value: 'old' } } })['b']?.['a']?.selected_option, first)
  assert.deepEqual(
    stateOf(blocks, { b: { a: { type: 'static_select', selected_option: null } } })['b']?.['a']?.selected_option,
    null,
  )
})

test('an option that is not offered cannot be entered', () => {
  const option = { text: { type: 'plain_text', text: 'One' }, value: '1' } as const
  const element = { action_id: 'a', type: 'checkboxes', options: [option] }
  assert.deepEqual(enter(element, ['1'], []), { type: 'checkboxes', selected_options: [option] })
  assert.equal(enter(element, ['1', '2'], []), undefined)
  assert.equal(enter({ ...element, type: 'static_select' }, '2', []), undefined)
  assert.equal(enter({ action_id: 'a', type: 'datepicker' }, 'tomorrow', []), undefined)
})
