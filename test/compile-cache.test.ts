import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url))

test('no compiled code is kept or looked for in the temporary folder, where another user could put his own', async (t) => {
  const temporary = mkdtempSync(join(tmpdir(), 'countersign-cache-'))
  t.after(() => rmSync(temporary, { recursive: true }))
  const { NODE_COMPILE_CACHE: _, ...environment } = process.env
  await promisify(execFile)(process.execPath, [ENTRY, 'help'], { env: { ...environment, TMPDIR: temporary } })
  assert.deepEqual(readdirSync(temporary), [])
})
