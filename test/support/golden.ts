// Golden files: what was rendered once, looked at, and must stay so. `GOLDEN=write` writes them anew; a missing one fails.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/** Compares a value with the golden file at `url`. */
export function assertGolden(url: URL, value: unknown): void {
  const text = `${JSON.stringify(value, null, 2)}\n`
  if (process.env['GOLDEN'] === 'write') writeFileSync(url, text)
  assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(url, 'utf8')))
}
