// A seed replays a soak as far as a seed can: the same one plans the same, another one something else, and whatever the seed, everything that can befall
// a stand does so.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChaosOptions, planChaos } from './chaos.ts'

const PROCESSES = ['issuer-1', 'issuer-2', 'bot-1', 'bot-2']
const SEEDS = [0, 1, 2, 7, 77_777, 99_999, 2 ** 31, 2 ** 32 - 1]
const planOf = (over: Partial<ChaosOptions>) => [
  ...planChaos({ seed: 7, lives: 300, every: 4, processes: PROCESSES, clocks: true, ...over }),
]

test('the same seed plans the same, to the event and the life before which it comes', () => {
  for (const seed of SEEDS) assert.deepEqual(planOf({ seed }), planOf({ seed }))
})

test('another seed plans something else', () => {
  const plans = SEEDS.map((seed) => JSON.stringify(planOf({ seed })))
  assert.equal(new Set(plans).size, SEEDS.length)
})

test('whatever the seed, in a hundred lives each process and each database is killed, the disk is slow and a clock is stepped', () => {
  for (const seed of SEEDS) {
    const events = planOf({ seed, lives: 100 }).flatMap(([life, events]) => {
      assert.ok(life >= 1 && life <= 100, `life ${life} is lived`)
      return events
    })
    const killed = new Set(events.flatMap((event) => (event.is === 'kill' ? [event.victim] : [])))
    assert.deepEqual([...killed].sort(), [...PROCESSES, 'heads', 'postgres'].sort())
    for (const is of ['slow', 'clock'])
      assert.ok(
        events.some((event) => event.is === is),
        `seed ${seed}: ${is}`,
      )
  }
})

test('where clocks cannot be stepped none is, and a disk is slow instead', () => {
  for (const seed of SEEDS) {
    const events = planOf({ seed, clocks: false }).flatMap(([, events]) => events)
    assert.ok(events.every(({ is }) => is !== 'clock'))
    assert.ok(events.some(({ is }) => is === 'slow'))
  }
})
