// The thief table of SECURITY.md and the suites that hold it: every file that it names is there, every suite of test/attacks is named, and no cell of a thief
// is left without one.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
const named = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) => {
    if (/^test\/.*\.ts$/.test(name)) return [name]
    return /^[a-z-]+$/.test(name) && existsSync(join(ROOT, 'test/attacks', `${name}.test.ts`))
      ? [`test/attacks/${name}.test.ts`]
      : []
  })
/** Rows of the table of thieves: who, then one cell for each thing that he is after. */
const rows = (PAGE.split('## The thief table')[1]?.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:thief|---)/.test(line))
  .map((line) => line.slice(2, -2).split(' | '))

test('every file that SECURITY.md names as holding something is there', () => {
  const files = [...PAGE.matchAll(/`(test\/[^`]+)`/g)].map(([, name = '']) => name)
  assert.ok(files.length > 10)
  assert.deepEqual(
    files.filter((file) => !existsSync(join(ROOT, file))),
    [],
  )
})

test('the table has a row for each thief, and in each of its cells a suite that is there', () => {
  assert.ok(rows.length >= 9, `${rows.length} thieves`)
  for (const [thief = '', ...cells] of rows) {
    assert.equal(cells.length, 4, thief)
    for (const cell of cells.slice(0, 3)) {
      const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
      assert.ok(names.length > 0, `${thief}: a cell that nothing holds`)
      assert.equal(named(cell).length, names.length, `${thief}: ${cell}`)
    }
  }
})

test('every suite of attacks is named there', () => {
  const suites = readdirSync(join(ROOT, 'test/attacks'), { encoding: 'utf8' }).map((file) => `test/attacks/${file}`)
  const held = new Set(named(PAGE))
  assert.deepEqual(
    suites.filter((suite) => !held.has(suite)),
    [],
  )
})
