import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresText, fuzz, inputOf } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff))
const AT = process.env['FUZZ_AT']
/** So many bent inputs at least come to each reader, past everything that stands before it. */
const LEAST_INSIDE = 200
const COUNT = AT === undefined ? 20_000 : 1

test(`${COUNT} hostile inputs are refused in a typed way, at once, by every reader of bytes (FUZZ_SEED=${SEED})`, async (t) => {
  const figures = await fuzz(SEED, COUNT, { from: Number(AT ?? 0) })
  t.diagnostic(figuresText(SEED, figures))
  assert.equal(figures.found.length, 0, figuresText(SEED, figures))
  if (AT !== undefined) return
  for (const [name, { inside, taken }] of figures.targets) {
    // What is refused before it reaches a parser says nothing about the parser.
    assert.ok(inside >= LEAST_INSIDE, `of what is hostile only ${inside} came to ${name}`)
    // If nothing true came through, the inputs would prove nothing about what is refused.
    assert.ok(taken > 0, `${name} took nothing, not even what is true`)
  }
})

test('the same seed and number make the same input', () => {
  for (let at = 0; at < 100; at += 1) {
    const [one, again] = [inputOf(7, at), inputOf(7, at)]
    assert.equal(one.target, again.target)
    assert.ok(Buffer.from(one.bytes).equals(again.bytes))
  }
})

for (const { name, seeds, take } of TARGETS)
  test(`${name}: what is true is taken`, async () => {
    for (const seed of seeds) assert.equal(await take(seed), 'through')
  })
