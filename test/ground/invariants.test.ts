// The seven invariants of ARCHITECTURE.md and what tries to break each: whatever the table names is there, and those that a thief is after (1, 2, 5, 7) have
// a suite of attacks.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
const table = PAGE.split('## Seven invariants')[1]?.split('\n## ')[0] ?? ''
/** What holds each invariant, as files and folders; a bare name is a suite of attacks. */
const heldBy = new Map(
  table.split('\n').flatMap((line) => {
    const [number = '', , , held = ''] = line.slice(2, -2).split(' | ')
    if (!/^\d$/.test(number)) return []
    const names = [...held.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    return [[Number(number), names.map((name) => (name.startsWith('test/') ? name : `test/attacks/${name}.test.ts`))] as const]
  }),
)

test('every invariant names what holds it, and all of it is there', () => {
  assert.deepEqual([...heldBy.keys()], [1, 2, 3, 4, 5, 6, 7])
  for (const [number, held] of heldBy) {
    assert.ok(held.length > 0, `${number} is held by nothing`)
    assert.deepEqual(
      held.filter((name) => !existsSync(join(ROOT, name))),
      [],
      `invariant ${number}`,
    )
  }
})

for (const number of [1, 2, 5, 7])
  test(`invariant ${number} has a suite of attacks`, () =>
    assert.ok(heldBy.get(number)?.some((name) => /^test\/attacks\/[a-z-]+\.test\.ts$/.test(name))))
