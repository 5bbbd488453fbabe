// A right says exactly what template and parameters say; personal values enter only as commitments and leave only with an opening.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Action, Parameter, Target, Template } from '../../src/domain/action.ts'
import { right as rightShape } from '../../src/domain/intent.ts'
import { read } from '../../src/domain/shape.ts'
import { type Given, openRight, resolveRight } from '../../src/runbooks/resolve.ts'
import { checkTemplate, readTemplate } from '../../src/runbooks/templates.ts'

const target: Target = { name: 'cluster', kind: 'jwt', settings: { audience: 'urn:example:cluster' } }
const parameter = (name: string, personal = false): Parameter => ({
  name,
  label: name,
  help: '',
  personal,
  type: 'string',
  pattern: '.*',
  max_length: 200,
})
const action = (grants: { readonly [member: string]: Template }, parameters: readonly Parameter[]): Action => ({
  runbook: 'restart',
  name: 'restart',
  title: 'Restart',
  text: 'Restarts it.',
  parameters,
  credential: { kind: 'jwt', target: 'cluster', grants },
  lease: { default_seconds: 900, maximum_seconds: 3600 },
  freshness_seconds: 900,
  rules: { requesters: ['on-call'], approvals: [{ group: 'owners', count: 1 }] },
})
const committed = { commitment: 'x'.repeat(42).concat('w') }

test('each place of a parameter is filled, at every depth', () => {
  const grants = { scope: ['service:restart'], resource: { path: '/{service}/{{v}}', all: [{ service: '{service}' }] }, level: 3 }
  const right = resolveRight(action(grants, [parameter('service')]), target, { service: 'payments-api' })
  assert.deepEqual(right, {
    kind: 'jwt',
    target: 'cluster',
    settings: { audience: 'urn:example:cluster' },
    grants: { scope: ['service:restart'], resource: { path: '/payments-api/{v}', all: [{ service: 'payments-api' }] }, level: 3 },
  })
  assert.ok(read(rightShape, right).ok)
})

test('a text that is one integer parameter gives the integer, and within a text its decimal form', () => {
  const right = resolveRight(action({ count: '{n}', words: 'n={n}' }, [parameter('n')]), target, { n: 7 })
  assert.deepEqual(right.grants, { count: 7, words: 'n=7' })
})

test('a value that looks like a template stays the value', () => {
  const right = resolveRight(action({ a: '{a}', b: 'x{a}' }, [parameter('a'), parameter('b')]), target, { a: '{b}', b: 'secret' })
  assert.deepEqual(right.grants, { a: '{b}', b: 'x{b}' })
})

test('a personal value stands as its commitment until it is opened', () => {
  const right = resolveRight(action({ resource: { customer: '{customer}' } }, [parameter('customer', true)]), target, {
    customer: committed,
  })
  assert.deepEqual(right.grants, { resource: { customer: committed } })
  assert.ok(read(rightShape, right).ok)
  const closed = openRight(right, new Map())
  assert.deepEqual(closed, { ok: false, right, unopened: [committed.commitment] })
  const opened = openRight(right, new Map([[committed.commitment, 'c-1042']]))
  assert.ok(opened.ok)
  assert.deepEqual(opened.right.grants, { resource: { customer: 'c-1042' } })
})

for (const [is, grants, given] of [
  ['a personal value given in the open', { a: '{p}' }, { p: 'c-1042' }],
  ['a commitment as part of a text', { a: 'x{p}' }, { p: committed }],
  ['a missing parameter', { a: '{p}' }, {}],
  ['a parameter that only every object has', { a: '{constructor}' }, { p: committed }],
  ['a lone brace', { a: '{p' }, { p: committed }],
] as const satisfies readonly (readonly [string, { readonly [member: string]: Template }, Given])[]) {
  test(`${is} is a fault, never a right`, () => {
    assert.throws(() => resolveRight(action(grants, [parameter('p', true)]), target, given), TypeError)
  })
}

test('a right on another target or of another kind is a fault', () => {
  assert.throws(() => resolveRight(action({}, []), { ...target, name: 'other' }, {}), TypeError)
  assert.throws(() => resolveRight(action({}, []), { ...target, kind: 'ssh' }, {}), TypeError)
})

test('a template that the check passes resolves without a fault, for every value', () => {
  const piece = fc.constantFrom('{a}', '{b}', '{{', '}}', '{', '}', 'x', '{c}', ':')
  const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('m', 'n'), tie('tree')),
    ),
  }))
  const parameters = [parameter('a'), parameter('b', true)]
  fc.assert(
    fc.property(tree, fc.string(), (written, value) => {
      const grants = { g: written }
      if (checkTemplate(grants, parameters).findings.length > 0) return
      const right = resolveRight(action(grants as { g: Template }, parameters), target, { a: value, b: committed })
      const opened = openRight(right, new Map([[committed.commitment, 'open']]))
      assert.ok(opened.ok)
      assert.ok(!JSON.stringify(opened.right).includes('commitment'))
    }),
  )
})

test('any text can be written as a template by doubling its braces', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', ' ') }), (text) => {
      const read = readTemplate(text.replaceAll('{', '{{').replaceAll('}', '}}'))
      assert.deepEqual(read, { ok: true, parts: [{ text }] })
    }),
  )
})
