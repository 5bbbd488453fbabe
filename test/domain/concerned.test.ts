// Doubt about one key of a person goes to the others that it let in or released: by properties over all histories and orders.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Passed, spreadDoubt } from '../../src/domain/concerned.ts'

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const
const key = fc.constantFrom(...KEYS)
const passed = fc.array(fc.record({ from: key, to: key }), { maxLength: 12 })
const presses = fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 })

const ordersOf = <T>(things: readonly T[]): T[][] =>
  things.length < 2
    ? [[...things]]
    : things.flatMap((first, at) => ordersOf(things.toSpliced(at, 1)).map((rest) => [first, ...rest]))
const sorted = (keys: Iterable<string>) => [...keys].toSorted()

/**
 * Presses in an order. After each the thief, who has every key that any of the presses will reach, lets free ones release all the others, and each release is
 * passed on like a signature.
 */
function heldAfter(order: readonly (readonly string[])[], history: readonly Passed[], thiefs: ReadonlySet<string>): string[] {
  const held = new Set<string>()
  const all = [...history]
  for (const first of order) {
    for (const each of spreadDoubt(first, all)) held.add(each)
    const free = [...thiefs].filter((each) => !held.has(each))
    for (const to of free.length > 0 ? held : []) {
      for (const from of free) all.push({ from, to })
      held.delete(to)
    }
  }
  return sorted(held)
}

describe('doubt', () => {
  test('comes to the same keys in every order of presses, though a thief releases what he can in between', () => {
    fc.assert(
      fc.property(passed, presses, (history, said) => {
        const expected = new Set(said.flatMap((first) => [...spreadDoubt(first, history)]))
        for (const order of ordersOf(said)) assert.deepEqual(heldAfter(order, history, expected), sorted(expected))
      }),
    )
  })

  test('comes to nothing that cannot be followed back, signature by signature, to what was said', () => {
    fc.assert(
      fc.property(passed, fc.uniqueArray(key, { maxLength: 2 }), (history, first) => {
        const doubted = spreadDoubt(first, history)
        for (const each of doubted)
          assert.ok(
            first.includes(each as (typeof KEYS)[number]) || history.some(({ from, to }) => to === each && doubted.has(from)),
          )
        for (const { from, to } of history) if (doubted.has(from)) assert.ok(doubted.has(to))
      }),
    )
  })

  test('is more with more said, and never less', () => {
    fc.assert(
      fc.property(passed, fc.uniqueArray(key), fc.uniqueArray(key), (history, some, others) => {
        const together = spreadDoubt([...some, ...others], history)
        const apart = new Set([...spreadDoubt(some, history), ...spreadDoubt(others, history)])
        assert.deepEqual(sorted(together), sorted(apart))
      }),
    )
  })
})
