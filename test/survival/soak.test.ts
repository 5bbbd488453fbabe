// 200 lives of the soak; `npm run soak` lives 2,000, of which each has thrice as much to survive. SURVIVAL_SEED lives the same again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf } from './figures.ts'
import { soak } from './soak.ts'
import { stepper } from './stand.ts'

test('200 lives over two bots and two issuers come out whole while processes die, the disk is slow, answers are lost and clocks are stepped', {
  timeout: 900_000,
  skip:
    process.env['SURVIVAL'] === undefined && 'minutes of both cores, by themselves in CI: SURVIVAL=1 npm test -- test/survival/*',
}, async (t) => {
  const seed = Number(process.env['SURVIVAL_SEED'] ?? Date.now() % 100_000)
  t.diagnostic(`seed ${seed} (SURVIVAL_SEED)`)
  const clocks = stepper() !== undefined
  if (!clocks) {
    assert.equal(process.env['CI'], undefined, 'in CI the Debian package faketime is there')
    t.diagnostic('no clock is stepped: the Debian package faketime is not installed')
  }
  const figures = await soak(t, { seed, lives: 200, lanes: 12, every: 12, clocks, tell: (line) => t.diagnostic(line) })
  for (const line of figuresOf(figures)) t.diagnostic(line)
  assert.deepEqual(figures.problems, [])
  assert.deepEqual(figures.doubled, [])
  assert.equal(figures.told.length, 200)
  assert.ok(figures.refusedEarly > 0, 'a token was refused between the confirmation of its end and its own time')
  for (const victim of ['postgres', 'heads', 'issuer-1', 'issuer-2', 'bot-1', 'bot-2'])
    assert.ok(Number(figures.kills[victim]) > 0, `${victim} was killed`)
  if (clocks) assert.ok(figures.clockSteps >= 2, 'clocks were stepped')
})
