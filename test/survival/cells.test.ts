// What a kill table asks of itself: each kind of step in both ways whatever the seed, and no green where something was not met.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Broken, bothWaysEach, type Cell, MAY_BE_MISSED, type Row, unmet, waysToBreak } from './cells.ts'
import { KINDS } from './life.ts'

const step = (name: string, nth = 1, kind: Broken['kind'] = 'returned', process = 'issuer-1'): Broken => ({
  process,
  step: name,
  nth,
  kind,
})
const STEPS = [
  ...[1, 2, 3, 4].map((nth) => step('insert message', nth, 'returned', 'bot-1')),
  ...[1, 2].map((nth) => step('Slack chat.update', nth, 'returned', 'bot-1')),
  ...KINDS.map((kind) => step(`what only ${kind} has`, 1, kind)),
  step('target /target/events', 1, 'recalled'),
]
const met = (cells: readonly Cell[], came: (cell: Cell) => boolean = () => true): Row[] =>
  cells.map((cell) => ({ ...cell, came: came(cell), ended: '', ms: 0, tries: 1 }))
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7]

test('whatever the seed, each kind of step is broken in both ways, at its first and its last place in a life', () => {
  for (const seed of SEEDS) {
    const cells = bothWaysEach(STEPS, seed)
    for (const [name, all] of Map.groupBy(cells, ({ step }) => step)) {
      assert.deepEqual(all.map(({ how }) => how).sort(), ['failed', 'persisted'], `${name}, seed ${seed}`)
      const places = STEPS.filter((each) => each.step === name).map(({ nth }) => nth)
      assert.deepEqual(
        all.map(({ nth }) => nth),
        [places[0], places.at(-1)],
      )
    }
    assert.deepEqual(unmet(met(cells)), [])
  }
})

test('seeds turn who is killed and how: four of them break each step of the database in every way that there is', () => {
  const everyWay = new Set(STEPS.flatMap(waysToBreak).map(({ step, victim, how }) => `${step} ${victim} ${how}`))
  const broken = new Set(
    SEEDS.slice(0, 4).flatMap((seed) => bothWaysEach(STEPS, seed).map((c) => `${c.step} ${c.victim} ${c.how}`)),
  )
  assert.deepEqual([...broken].sort(), [...everyWay].sort())
})

test('a kind of step that was not met in one of the ways is told, in whatever kind of life it is', () => {
  const cells = bothWaysEach(STEPS, 1)
  for (const { step: name, process } of STEPS)
    for (const how of ['failed', 'persisted'] as const)
      assert.ok(
        unmet(met(cells, (cell) => cell.step !== name || cell.how !== how)).includes(
          `${process} ${name}, ${how}: not met in any life`,
        ),
      )
})

test('a kind of life of which nothing was broken is told, also when no cell was of it', () => {
  const cells = bothWaysEach(STEPS, 1)
  for (const kind of KINDS) {
    const told = `nothing was broken that only a life has that is ${kind}`
    assert.ok(unmet(met(cells.filter((cell) => cell.kind !== kind))).includes(told))
    assert.ok(unmet(met(cells, (cell) => cell.kind !== kind)).includes(told))
  }
})

test('only what is named with its reason may be missed', () => {
  const [[missable = '', reason = ''] = []] = MAY_BE_MISSED
  assert.match(reason, /\w+ \w+/)
  const cells = bothWaysEach([...STEPS, step(missable)], 1)
  assert.deepEqual(unmet(met(cells, (cell) => cell.step !== missable)), [])
})
