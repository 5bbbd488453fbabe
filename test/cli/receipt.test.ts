// `countersign receipt`: 's host out of the database, without any private key.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { RECEIPT_EXIT, receiptHere } from '../../src/cli/receipt.ts'
import { VERIFY_EXIT, verifyHere } from '../../src/cli/verify.ts'
import { StartRefused } from '../../src/run.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const dir = await mkdtemp(join(tmpdir(), 'countersign-receipt-'))
after(() => rm(dir, { recursive: true }))
const ROOTS = join(dir, 'trust-roots.json')
await writeFile(ROOTS, JSON.stringify(world.roots))
const HOST = { ISSUER_DATABASE_URL: world.database.issuerUrl, TRUST_ROOTS: ROOTS }

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const said = { out: '', err: '' }
  const to = (name: 'out' | 'err') => ({ write: (text: string) => (said[name] += text) })
  const code = await receiptHere(args, env, { out: to('out'), err: to('err') }, world.ctx.log)
  return { code, ...said }
}
async function verdictOf(text: string) {
  const file = join(dir, `${Math.random()}.json`)
  await writeFile(file, text)
  let json = ''
  const write = (part: string) => (json += part)
  const code = await verifyHere([file, '--roots', ROOTS, '--json'], { write, colour: false }, async () => '')
  return { code, verdict: JSON.parse(json) }
}
async function lived() {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  assert.ok((await claim(world, asked.intent, place)).ok)
  return asked
}

test('on the issuer’s host the request’s id gives one with everything opened that is kept', async () => {
  const { requestId } = await lived()
  const { code, out } = await run(['--request', requestId], HOST)
  assert.equal(code, RECEIPT_EXIT.got)
  const judged = await verdictOf(out)
  assert.equal(judged.code, VERIFY_EXIT.valid)
  assert.deepEqual(judged.verdict.stated_reason, { value: 'INC-4211: payments time out' })
})

test('a file is written for its owner alone, and over nothing', async () => {
  const { requestId } = await lived()
  const file = join(dir, 'mine.json')
  const { code, out, err } = await run(['--request', requestId, '--out', file], HOST)
  assert.equal(code, RECEIPT_EXIT.got)
  assert.equal(out, '')
  assert.match(err, /countersign verify .*mine\.json --roots/)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal((await verdictOf(await readFile(file, 'utf8'))).code, VERIFY_EXIT.valid)
  await assert.rejects(run(['--request', requestId, '--out', file], HOST), /is there already/)
})

test('what was not issued and what does not verify is told with a code', async () => {
  const { requestId } = await ask(world)
  const refused = await run(['--request', requestId], HOST)
  assert.deepEqual([refused.code, refused.out], [RECEIPT_EXIT.refused, ''])
  assert.match(refused.err, /No such credential has been issued/)
  const bent = await lived()
  const owner = world.database.connect('owner')
  await sql`delete from evidence where request_id = ${bent.requestId} and decision = 'approve'`.execute(owner)
  const broken = await run(['--request', bent.requestId], HOST)
  assert.deepEqual([broken.code, broken.out], [RECEIPT_EXIT.refused, ''])
  assert.match(broken.err, /does not verify here/)
})

test('wrong usage ends with 2 and says what is meant', async () => {
  const { viewId } = await ask(world)
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /countersign receipt --request ID/],
    [[`https://issuer.example.com/r/${viewId}`], /a link has no power.*open it in your browser, choose Receipt and sign in/],
    [[`https://issuer.example.com/r/${viewId}`, '--request', 'x'], /a link has no power/],
    [['--request', 'nonsense'], /is not the id of a request/],
    [['--request', 'x', '--credential', '0'], /--credential/],
  ]
  for (const [args, words] of wrong)
    await assert.rejects(run(args, HOST), (error) => {
      assert.ok(error instanceof StartRefused)
      assert.equal(error.code, RECEIPT_EXIT.usage)
      assert.match(error.problems.join('\n'), words)
      return true
    })
  await assert.rejects(run(['--request', '0'.repeat(26)]), /ISSUER_DATABASE_URL and TRUST_ROOTS/)
})
