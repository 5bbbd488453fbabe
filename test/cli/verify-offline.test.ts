// `countersign verify` uses no network: where there is none, in a network namespace without a single interface that is up, it says what it says elsewhere.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { receiptText } from '../../src/evidence/receipt.ts'
import { FLAGS } from '../support/product.ts'
import { makeReceipt } from '../support/receipt-builder.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'countersign-offline-'))
after(() => rmSync(dir, { recursive: true }))

/** Runs node without network; `-r` lets somebody who is not root. */
const offline = (args: readonly string[]) =>
  spawnSync('unshare', ['-r', '-n', process.execPath, ...args], { encoding: 'utf8', timeout: 60_000 })

test('a receipt is judged where no network can be reached', async (t) => {
  const tried = offline(['-e', "require('net').connect(9, '127.0.0.1').on('error', ({ code }) => console.log(code))"])
  if (tried.status !== 0) {
    const why = `no network namespace can be made here: ${tried.error?.message ?? tried.stderr}`
    if (process.env['CI']) assert.fail(why)
    return t.skip(why)
  }
  assert.equal(tried.stdout, 'ENETUNREACH\n', 'there is no network, not even to this machine itself')
  const { world, receipt } = await makeReceipt()
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const roots = put('roots.json', JSON.stringify(world.roots))
  const judge = (file: string) => offline([...FLAGS, MAIN, 'verify', file, '--roots', roots])
  const good = judge(put('good.json', receiptText(receipt)))
  assert.deepEqual([good.status, good.stdout.split('\n')[0]], [0, '✓ Valid'], good.stderr)
  const bad = judge(put('bad.json', receiptText(receipt).replace('"v":1', '"v":2')))
  assert.deepEqual([bad.status, bad.stdout.split('\n')[0]], [1, '✗ Not valid'], bad.stderr)
})
