// The kill table in one pass: of every kind of durable step the first and the last in a life, each broken in one way that turns with a seed. `npm run soak --
// --table` breaks each step in every way. SURVIVAL_SEED breaks the same again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkStand } from './checker.ts'
import { firstAndLast, line, oneWayEach, openTable, type Row } from './table.ts'

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
  const early = table.run(oneWayEach(firstAndLast(table.early), seed), tell)
  const rows = [...(await early), ...(await table.run(oneWayEach(firstAndLast(await table.late), seed), tell))]
  assert.ok(rows.length > 40, `a life has many durable steps, and ${rows.length} were found`)
  assert.deepEqual(missed(rows), [])
  const { problems, doubled, checks } = await checkStand(table.stand, table.told, { clockMs: 0 }, table.use)
  t.diagnostic(`${rows.length} cells, ${table.told.length} lives, ${checks} checks, ${doubled.length} doubled messages`)
  assert.deepEqual(problems, [])
  assert.deepEqual(doubled, [])
  assert.deepEqual(
    table.stand.processes.flatMap(({ falls }) => falls()),
    [],
    'nothing fell that was not killed',
  )
})

/** A request that comes or goes is told beside others of its action: only if there are any. */
const TOLD_BESIDE = 'insert bot_outbox + insert delivery'

/**
 * Steps of the plain life of which not one cell came: messages that are told together make fewer steps of a kind, never none. What only other kinds of life
 * have may hang on what else goes on just then.
 */
function missed(all: readonly Row[]): string[] {
  const rows = all.filter(({ kind, step }) => kind === 'returned' && step !== TOLD_BESIDE)
  const came = new Set(rows.filter((row) => row.came).map(({ process, step }) => `${process} ${step}`))
  return [...new Set(rows.map(({ process, step }) => `${process} ${step}`))].filter((step) => !came.has(step))
}
