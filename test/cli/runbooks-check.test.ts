// What an author sees: the line, the place under it, the mend; and nothing in a file can act on the terminal.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runbooksCheck } from '../../src/cli/runbooks-check.ts'
import { credentialKinds } from '../../src/credentials/index.ts'
import { changed, runbookFolder } from '../support/runbook-folder.ts'

async function check(dir: string, json = false): Promise<{ code: number; written: string }> {
  let written = ''
  const code = await runbooksCheck(dir, { json, kinds: credentialKinds }, { write: (text) => (written += text) })
  return { code, written }
}

test('a good folder is counted and exits with 0', async (t) => {
  const { code, written } = await check(await runbookFolder(t))
  assert.equal(code, 0)
  assert.equal(written, '✓ directory.yaml\n✓ restart.md\n✓ targets.yaml\n\n1 action, 1 target and 3 people can be published.\n')
})

test('a mistake is shown with its line, a caret under its place, and its mend', async (t) => {
  const { code, written } = await check(await runbookFolder(t, changed('restart.md', 'ask: [on-call]', 'ask: [oncall]')))
  assert.equal(code, 1)
  assert.equal(
    written,
    [
      '✓ directory.yaml',
      '✗ restart.md',
      '',
      '  15:11  `oncall` is not a group of directory.yaml',
      '    15 │     ask: [oncall]',
      '       │           ^',
      '       → did you mean `on-call`?',
      '',
      '✓ targets.yaml',
      '',
      '1 problem in 1 file; nothing would be published.',
      '',
    ].join('\n'),
  )
})

test('escape sequences and direction overrides in a file do not reach the terminal', async (t) => {
  const dir = await runbookFolder(t, changed('restart.md', 'Restarts it.', 'Restarts \u001b[2J\u202Eit.'))
  const { written } = await check(dir)
  assert.match(written, /Restarts <U\+001B>\[2J<U\+202E>it\./)
  assert.match(written, /^ {7}│ {10}\^$/m)
  const { written: json } = await check(dir, true)
  assert.match(json, /^[\n\x20-\x7e]*$/)
  assert.equal((JSON.parse(json) as { problems: unknown[] }).problems.length, 2)
})

test('a very long line is cut around the place', async (t) => {
  const { written } = await check(
    await runbookFolder(t, changed('restart.md', 'Restarts it.', `${'x'.repeat(5000)}\u200B${'y'.repeat(5000)}`)),
  )
  assert.ok(written.split('\n').every((line) => line.length < 200))
  assert.match(written, /…x+<U\+200B>y+…/)
})

test('--json has one shape, which pipelines may rely on, and the same exit codes', async (t) => {
  const good = await check(await runbookFolder(t), true)
  assert.equal(good.code, 0)
  const files = ['directory.yaml', 'restart.md', 'targets.yaml']
  assert.deepEqual(JSON.parse(good.written), { v: 1, ok: true, files, problems: [] })
  const bad = await check(await runbookFolder(t, changed('restart.md', 'ask: [on-call]', 'ask: [oncall]')), true)
  assert.equal(bad.code, 1)
  assert.deepEqual(JSON.parse(bad.written), {
    v: 1,
    ok: false,
    files,
    problems: [
      {
        file: 'restart.md',
        line: 15,
        column: 11,
        what: '`oncall` is not a group of directory.yaml',
        mend: 'did you mean `on-call`?',
        quote: '    ask: [oncall]',
      },
    ],
  })
})
