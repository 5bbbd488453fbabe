import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../src/', import.meta.url)
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(?!type\s)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

/** Everything that is loaded with a file: its imports and theirs; only `import type` leaves nothing behind. */
function reach(entry: URL, seen = new Map<string, string>(), from = 'start'): Map<string, string> {
  if (seen.has(entry.href)) return seen
  seen.set(entry.href, from)
  for (const [, found, dynamic] of readFileSync(entry, 'utf8').matchAll(IMPORT)) {
    const specifier = found ?? dynamic ?? ''
    if (specifier.startsWith('.')) reach(new URL(specifier, entry), seen, entry.href)
    else seen.set(specifier, entry.href)
  }
  return seen
}

test('the bot’s process loads no key, no ceremony, no chain, no credential kind and no page where people sign', () => {
  const reached = reach(new URL('bot/serve.ts', ROOT))
  assert.ok(reached.size > 60, 'the walk went through the bot')
  const inside = [...reached.keys()].filter((each) => each.startsWith(ROOT.href)).map((each) => each.slice(ROOT.href.length))
  for (const folder of ['credentials', 'passkeys', 'issuer', 'sandbox', 'notifiers', 'cli']) {
    assert.deepEqual(
      inside.filter((path) => path.startsWith(`${folder}/`)),
      [],
      folder,
    )
  }
  assert.equal(
    [...reached.keys()].some((each) => each.startsWith('@simplewebauthn')),
    false,
  )
  assert.ok(inside.includes('commands/propose-request.ts'))
  for (const issuers of ['accept-statement', 'claim-credential', 'issue-credential', 'heed-wishes', 'change-directory'])
    assert.equal(inside.includes(`commands/${issuers}.ts`), false, issuers)
})

test('the walk sees a forbidden import where there is one', () => {
  const reached = reach(new URL('issuer/open-issuer.ts', ROOT))
  assert.ok(
    [...reached.keys()].some((each) => fileURLToPath(each.startsWith('file:') ? each : ROOT.href).includes('/credentials/')),
  )
})
