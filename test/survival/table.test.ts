// The kill table in one pass: of every kind of durable step the first and the last in a life, one failed and the other failed but persisted; which of them,
// and who is killed, turns with a seed. `npm run soak -- --table` breaks each step in every way. SURVIVAL_SEED breaks the same again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bothWaysEach, line, type Row, unmet } from './cells.ts'
import { checkStand } from './checker.ts'
import { openTable } from './table.ts'

const LANES = 8

test('whatever durable step of a life a process or its database is killed at, nothing is lost, nothing is done twice, and all of it ends true', {
  timeout: 900_000,
  skip:
    process.env['SURVIVAL'] === undefined && 'minutes of both cores, by themselves in CI: SURVIVAL=1 npm test -- test/survival/*',
}, async (t) => {
  const seed = Number(process.env['SURVIVAL_SEED'] ?? Date.now() % 1000)
  t.diagnostic(`seed ${seed} (SURVIVAL_SEED)`)
  const table = await openTable(t, LANES)
  const tell = (row: Row) => t.diagnostic(line(row))
  const rows = await table.run(
    [table.early, table.late].map(async (steps) => bothWaysEach(await steps, seed)),
    1,
    tell,
  )
  assert.ok(rows.length > 80, `a life has many durable steps, and ${rows.length} were found`)
  assert.deepEqual(unmet(rows), [])
  const { problems, doubled, checks, refusedEarly, latestEndMs } = await checkStand(
    table.stand,
    table.told,
    { clockMs: 0 },
    table.use,
  )
  t.diagnostic(`${rows.length} cells, ${table.told.length} lives, ${checks} checks, ${doubled.length} doubled messages`)
  t.diagnostic(`${refusedEarly} tokens refused early, latest end ${latestEndMs} ms`)
  assert.deepEqual(problems, [])
  assert.deepEqual(doubled, [])
  assert.ok(refusedEarly > 0, 'a token was refused between the confirmation of its end and its own time')
  assert.deepEqual(
    table.stand.processes.flatMap(({ falls }) => falls()),
    [],
    'nothing fell that was not killed',
  )
})
