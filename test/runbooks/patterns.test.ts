// What a pattern may cost: accepted ones stay cheap on the worst text there is, refused ones would not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesWhole } from '../../src/domain/parameters.ts'
import { judgePattern } from '../../src/runbooks/patterns.ts'

const RUNAWAYS = [
  '(a+)+',
  '(a*)*',
  '(a|a)*',
  '(a|ab|b)*c',
  '([a-z]+)*',
  '(a?){0,60}b',
  '(.*a){12}',
  '.*.*.*.*',
  '(?:a{1,40}){1,40}',
  '\\d+\\d+\\d+\\d+x',
  '([^\\]]+\\]?)+',
]
for (const pattern of RUNAWAYS) {
  test(`${pattern} is refused as able to run away`, () => {
    assert.match(judgePattern(pattern, 200)?.what ?? '', /run away/)
  })
}

const HARMLESS = [
  'c-[0-9]{4}',
  '[a-z][a-z0-9-]{2,47}',
  '[a-z0-9.-]+@[a-z0-9-]+',
  'prod|staging|dev',
  '(?:eu|us)-(?:west|east)-[1-3]',
  '[a-z]{1,20}(?:-[a-z]{1,5}){0,3}',
  '\\p{L}+ \\p{L}+',
  '[\\]\\[(|)*+]{1,9}',
  '^[0-9a-f]{7,40}$',
  '.*',
  '\\u{1F600}?x{2}',
]
for (const pattern of HARMLESS) {
  test(`${pattern} is accepted`, () => {
    assert.equal(judgePattern(pattern, 200), undefined)
  })
}

test('the same pattern is accepted for short texts and refused for long ones', () => {
  assert.equal(judgePattern('.*-.*-.*', 60), undefined)
  assert.match(judgePattern('.*-.*-.*', 2000)?.what ?? '', /run away/)
})

test('the dearest accepted pattern answers the worst text within a second', () => {
  const pattern = 'a{1,99}a{1,99}a{1,99}'
  assert.equal(judgePattern(pattern, 200), undefined)
  const began = performance.now()
  assert.equal(matchesWhole(pattern, `${'a'.repeat(199)}!`), false)
  assert.ok(performance.now() - began < 1000)
})

test('whatever pattern is accepted answers texts made to be tried in every way', () => {
  const atom = fc.constantFrom('a', '.', '[ab]', '\\w', 'b', '[^!]')
  const sign = fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,3}', '{1,40}', '*?', '{2,}')
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc
      .array(
        fc.tuple(
          fc.oneof(
            { maxDepth: 3, withCrossShrink: true },
            atom,
            tie('pattern').map((inner) => `(?:${inner})`),
          ),
          sign,
        ),
        { minLength: 1, maxLength: 4 },
      )
      .chain((items) => fc.constantFrom('', '|').map((joint) => items.map((item) => item.join('')).join(joint))),
  }))
  let accepted = 0
  fc.assert(
    fc.property(pattern, (written) => {
      const found = judgePattern(written, 60)
      assert.doesNotMatch(found?.what ?? '', /read to its end/)
      if (found) return
      accepted++
      const began = performance.now()
      for (const end of ['', '!', 'b!']) matchesWhole(written, `${'a'.repeat(60 - end.length)}${end}`)
      assert.ok(performance.now() - began < 1000, written)
    }),
    { numRuns: 500 },
  )
  assert.ok(accepted > 50, `only ${accepted} were accepted`)
})

for (const [pattern, why] of [
  ['(?=a)a', /look-around/],
  ['(?<!a)b', /look-around/],
  ['(?<name>a)', /look-around/],
  ['(?i:a)', /look-around/],
  ['(a)\\1', /refers back/],
  ['[b-a]', /no regular expression/],
  ['a)(b', /no regular expression/],
  ['\\-', /no regular expression/],
  ['(a{100}){21}', /only texts longer than 200/],
] as const) {
  test(`${pattern} is refused`, () => {
    assert.match(judgePattern(pattern, 200)?.what ?? '', why)
  })
}
