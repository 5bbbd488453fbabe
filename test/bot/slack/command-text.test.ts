import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCommand, readDuration, tidyReason } from '../../../src/bot/slack/command-text.ts'

const read = (text: string) => {
  const found = readCommand(text)
  assert.ok(found.ok, JSON.stringify(found))
  return found.typed
}
const problem = (text: string): string => {
  const found = readCommand(text)
  assert.ok(!found.ok, JSON.stringify(found))
  return found.problem
}

test('a command is an action, values, a reason and a lease', () => {
  assert.deepEqual(read('service.restart service=payments-api reason="disk is full" lease=15m'), {
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'disk is full',
    leaseSeconds: 900,
  })
  assert.deepEqual(read('  '), { action: undefined, parameters: {}, reason: undefined, leaseSeconds: undefined })
})

test('quotes may be those a phone sets, and a value may hold what is none', () => {
  assert.equal(read('a.b reason=“all is ‘down’ now”').reason, 'all is ‘down’ now')
  assert.equal(read('a.b reason="it isn\'t up”').reason, "it isn't up")
  assert.equal(read('a.b url=https://x/?q=1&r=2').parameters['url'], 'https://x/?q=1&r=2')
})

test('what cannot be read is named with its place', () => {
  assert.match(problem('a.b reason="never closed'), /quote before “never closed” is never closed/)
  assert.match(problem('a.b x=1 x=2'), /x is given twice/)
  assert.match(problem('a.b restart now'), /“restart” is not name=value/)
  assert.match(problem('a.b lease=soon'), /lease=soon is not a time/)
  assert.match(problem('a.b x="1"y'), /Put a space after "1"/)
})

test('durations have one unit or are seconds', () => {
  assert.deepEqual(['90s', '15m', '1h', '900'].map(readDuration), [90, 900, 3600, 900])
  for (const none of ['', '0', '-5m', '1.5h', '15 m', '1d', '1h30m', '9999999m'])
    assert.equal(readDuration(none), undefined, none)
})

test('whatever values hold, they come back as they were typed in quotes', () => {
  const value = fc.stringMatching(/^[^"“”„]*$/)
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((each) => each !== 'reason' && each !== 'lease')
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 5 }), (given) => {
      const text = Object.entries(given)
        .map(([key, each]) => `${key}="${each}"`)
        .join(' ')
      assert.deepEqual({ ...read(`a.b ${text}`).parameters }, { ...given })
    }),
  )
})

test('no text makes the reader throw or hang', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => void readCommand(text)))
})

test('a reason is stored in one spelling', () => {
  assert.equal(tidyReason('  cafe\u0301\r\nis down \n'), 'caf\u00e9\nis down')
})
