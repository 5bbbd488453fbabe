// Values people give, as hostile as they come: one spelling, every character seen, or a refusal in words.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Parameter } from '../../src/domain/action.ts'
import { fitParameter, fitParameters } from '../../src/domain/parameters.ts'

const described = { name: 'it', label: 'It', help: '', personal: false }
const text = (pattern: string, maxLength = 40): Parameter => ({ ...described, type: 'string', pattern, max_length: maxLength })
const anyText = text('.*')
const choice: Parameter = { ...described, type: 'enum', values: ['payments-api', 'ledger-api'] }
const count: Parameter = { ...described, type: 'integer', minimum: -5, maximum: 100 }
const flag: Parameter = { ...described, type: 'boolean' }

const problem = (parameter: Parameter, given: unknown): string => {
  const fit = fitParameter(parameter, given)
  return fit.ok ? `fits as ${JSON.stringify(fit.value)}` : fit.problem
}

test('a pattern must match the whole text, also when it has alternatives', () => {
  assert.deepEqual(fitParameter(text('a|b'), 'a'), { ok: true, value: 'a' })
  assert.match(problem(text('a|b'), 'ax'), /not in the form that is asked for/)
  assert.match(problem(text('a|b'), 'xb'), /not in the form that is asked for/)
  assert.match(problem(text('c-[0-9]{4}'), 'c-1042\n'), /U\+000A/)
})

for (const [name, given] of [
  ['a line end', 'a\nb'],
  ['an escape sequence', '\u001b[2J'],
  ['a right-to-left override', 'api\u202Eipa'],
  ['a direction isolate', '\u2066a\u2069'],
  ['a zero-width space', 'pay\u200Bments'],
  ['a zero-width joiner', 'a\u200Db'],
  ['a byte-order mark', '\uFEFFa'],
  ['a soft hyphen', 'a\u00ADb'],
  ['a tag character', 'a\u{E0061}'],
  ['a variation selector', 'a\uFE0F'],
  ['a filler that looks blank', '\u3164'],
  ['an empty braille pattern', '\u2800'],
  ['a no-break space', 'a\u00A0b'],
  ['a line separator', 'a\u2028b'],
  ['a private character', '\uE000'],
  ['a lone surrogate', 'a\uD800'],
] as const) {
  test(`${name} in a value is refused by name`, () => {
    assert.match(problem(anyText, given), /holds a character that does not show \(U\+[0-9A-F]{4,5}, at place [1-9]\)/)
  })
}

test('two spellings of one word are not two values: only NFC fits', () => {
  assert.deepEqual(fitParameter(anyText, 'caf\u00E9'), { ok: true, value: 'caf\u00E9' })
  assert.match(problem(anyText, 'cafe\u0301'), /NFC/)
})

test('a text over its length is refused before anything looks at it', () => {
  assert.match(problem(text('(a+)+b', 40), 'a'.repeat(1_000_000)), /1000000 characters long; at most 40/)
})

test('an empty text is refused even where the pattern would take it', () => {
  assert.match(problem(anyText, ''), /is empty/)
})

test('what is not a text is not made one', () => {
  for (const given of [7, null, undefined, true, ['a'], { toString: () => 'a' }])
    assert.match(problem(anyText, given), /is not a text/)
})

test('an enum takes exactly a listed value and says what was meant', () => {
  assert.deepEqual(fitParameter(choice, 'ledger-api'), { ok: true, value: 'ledger-api' })
  assert.match(problem(choice, 'paymentsapi'), /not one of payments-api, ledger-api; did you mean payments-api\?/)
  for (const given of ['Ledger-api', 'ledger-api ', '', 'toString', 0]) assert.match(problem(choice, given), /is not one of/)
})

test('an integer has one spelling', () => {
  assert.deepEqual(fitParameter(count, '42'), { ok: true, value: 42 })
  assert.deepEqual(fitParameter(count, '-5'), { ok: true, value: -5 })
  assert.deepEqual(fitParameter(count, 0), { ok: true, value: 0 })
  for (const given of [
    '042',
    '+4',
    '4.0',
    '4e1',
    '0x4',
    ' 4',
    '4 ',
    '-0',
    '',
    '٤',
    '9007199254740993',
    4.5,
    -0,
    Number.NaN,
    2 ** 53,
    true,
    null,
  ])
    assert.match(problem(count, given), /is not a whole number/, String(given))
  for (const given of ['101', '-6', 101]) assert.match(problem(count, given), /is not from -5 to 100/)
})

test('a boolean stands as a text and is given as true or false only', () => {
  assert.deepEqual(fitParameter(flag, 'true'), { ok: true, value: 'true' })
  assert.deepEqual(fitParameter(flag, false), { ok: true, value: 'false' })
  for (const given of ['yes', 'TRUE', '1', 1, '', null]) assert.match(problem(flag, given), /neither true nor false/)
})

test('all problems of an action come back at once, by name', () => {
  const parameters = [
    { ...choice, name: 'service' },
    { ...count, name: 'replicas' },
    { ...flag, name: 'force' },
  ]
  assert.deepEqual(fitParameters({ parameters }, { servce: 'x', replicas: '101', force: 'true' }), {
    ok: false,
    problems: {
      servce: 'is not a parameter of this action; did you mean service?',
      service: 'is missing',
      replicas: 'is not from -5 to 100',
    },
  })
  assert.deepEqual(fitParameters({ parameters }, { force: 'true', replicas: '1', service: 'ledger-api' }), {
    ok: true,
    values: { service: 'ledger-api', replicas: 1, force: 'true' },
  })
})

test('names that every object has are neither given nor known', () => {
  const parameters = [{ ...choice, name: 'constructor' }]
  assert.deepEqual(fitParameters({ parameters }, {}), { ok: false, problems: { constructor: 'is missing' } })
  const hostile = JSON.parse('{"__proto__": "x"}') as { readonly [name: string]: unknown }
  const fits = fitParameters({ parameters: [] }, hostile)
  assert.ok(!fits.ok)
  assert.deepEqual(Object.keys(fits.problems), ['__proto__'])
})

test('reading a value again gives the same value: the issuer derives what the bot proposed', () => {
  const given = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer().map(String),
    fc.constantFrom('true', 'payments-api'),
    fc.anything(),
  )
  fc.assert(
    fc.property(fc.constantFrom(anyText, choice, count, flag), given, (parameter, value) => {
      const once = fitParameter(parameter, value)
      if (!once.ok) return
      assert.deepEqual(fitParameter(parameter, once.value), once)
      assert.equal(String(once.value), String(value))
    }),
  )
})
