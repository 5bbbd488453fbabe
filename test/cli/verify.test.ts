// `countersign verify` on two files: what it says, in which form, with which exit code; and that nothing in a receipt can speak to the terminal.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { VERIFY_EXIT, verifyHere } from '../../src/cli/verify.ts'
import { commit } from '../../src/crypto.ts'
import { type Receipt, receiptText } from '../../src/evidence/receipt.ts'
import { verifierFile } from '../../src/issuer/verifier-file.ts'
import { StartRefused } from '../../src/run.ts'
import { runToEnd } from '../support/deployment.ts'
import { ACTION, minutes, RULES } from '../support/evidence-builder.ts'
import { makeOpenWorld, makeReceipt } from '../support/receipt-builder.ts'

const dir = await mkdtemp(join(tmpdir(), 'countersign-verify-'))
after(() => rm(dir, { recursive: true }))
const put = async (name: string, text: string): Promise<string> => {
  await writeFile(join(dir, name), text)
  return join(dir, name)
}
const put1 = async (name: string, receipt: Receipt) => put(name, receiptText(receipt))

const { world, receipt } = await makeReceipt()
const { issued: _, ...unspoken } = receipt
const bent = { ...receipt, openings: { ...receipt.openings, reason: commit('Another reason').opening } }
const FILES = {
  good: await put1('good.json', receipt),
  unproven: await put1('unproven.json', unspoken),
  bent: await put1('bent.json', bent),
  pretty: await put('pretty.json', JSON.stringify(receipt, null, 2)),
  noise: await put('noise.json', '\u0000'),
  roots: await put('trust-roots.json', JSON.stringify(world.roots, null, 2)),
}

async function run(args: readonly string[], { colour = false, columns = 80 } = {}) {
  let text = ''
  const write = (part: string) => {
    text += part
  }
  const code = await verifyHere(args, { write, colour, columns }, async () => verifierFile())
  return { code, text }
}
const verify = (file: string, ...more: readonly string[]) => run([file, '--roots', FILES.roots, ...more])

describe('countersign verify', () => {
  test('says of a true receipt who signed what, with which key, under which rule, and ends with 0', async () => {
    const { code, text } = await verify(FILES.good)
    assert.equal(code, VERIFY_EXIT.valid)
    assert.match(text, /^✓ Valid\n/)
    const { ana, bo } = world.keys
    for (const words of [
      'Restart the orders database',
      '“The disk is full”',
      '“Customer 4711”',
      'ana confirmed',
      `key ${ana.passkey.thumbprint}`,
      'bo approved for dba',
      `key ${bo.passkey.thumbprint}`,
      '“Only the read replica, please”',
      'for at most 10 minutes',
      '1 person of security',
      '│ Restarts one service. Sessions are lost.',
      'a lease of 10 minutes',
      world.roots.realm,
    ])
      assert.ok(text.includes(words), words)
  })

  test('says of a further credential no lease of its own: its end is the issuer’s word', async () => {
    const renewed = await makeReceipt(makeOpenWorld(), { purpose: 'renewal', now: minutes(8) })
    const roots = await put('renewed-roots.json', JSON.stringify(renewed.world.roots))
    const { code, text } = await run([await put1('renewed.json', renewed.receipt), '--roots', roots])
    assert.equal(code, VERIFY_EXIT.valid, text)
    assert.match(text, /with the lease that began with the first, by the issuer’s word/)
    assert.doesNotMatch(text, /a lease of/)
  })

  test('says of a bent receipt what does not hold and where, and ends with 1', async () => {
    const { code, text } = await verify(FILES.bent)
    assert.equal(code, VERIFY_EXIT.notValid)
    assert.match(text, /^✗ Not valid\n {2}A value that it opens is not the one that was signed\./)
    assert.match(text, /opening_differs\n.*\/openings\/reason\n$/)
    assert.ok(!text.includes('Another reason'))
  })

  test('ends with 1 where rules are unproven, and with 0 only when that is allowed', async () => {
    const { code, text } = await verify(FILES.unproven)
    assert.equal(code, VERIFY_EXIT.notValid)
    assert.match(text, /^! Signatures valid, rules unproven\n/)
    assert.equal((await verify(FILES.unproven, '--allow-unproven')).code, VERIFY_EXIT.valid)
    assert.equal((await verify(FILES.bent, '--allow-unproven')).code, VERIFY_EXIT.notValid)
  })

  test('takes no other spelling of a receipt, and no noise for one', async () => {
    for (const file of [FILES.pretty, FILES.noise, FILES.roots]) {
      const { code, text } = await verify(file)
      assert.equal(code, VERIFY_EXIT.notValid)
      assert.match(text, /receipt_malformed/)
    }
  })

  test('--json is one object with the same verdict', async () => {
    const good = JSON.parse((await verify(FILES.good, '--json')).text)
    assert.equal(good.verdict, 'valid')
    assert.deepEqual(good.parameters, { customer: { value: 'Customer 4711' } })
    assert.deepEqual(
      good.statements.map(({ person, decision, groups }: Record<string, unknown>) => [person, decision, groups]),
      [
        ['ana', 'confirm', []],
        ['bo', 'approve', ['dba']],
        ['dee', 'approve', ['security']],
      ],
    )
    assert.equal(JSON.parse((await verify(FILES.unproven, '--json')).text).verdict, 'unproven')
    const wrong = JSON.parse((await verify(FILES.bent, '--json')).text)
    assert.deepEqual([wrong.verdict, wrong.reason, wrong.path], ['not_valid', 'opening_differs', '/openings/reason'])
  })

  test('--json spells out what does not show: no name of a member and no text speaks to the terminal', async () => {
    const hostile = '\u009b2J\u202e\u2066\u200b\u007f\u2028\u{e0041}é/~'
    const named = await put('named.json', JSON.stringify({ bundle: {}, openings: {}, v: 1, [hostile]: 1 }))
    const { code, text } = await verify(named, '--json')
    assert.equal(code, VERIFY_EXIT.notValid)
    const rules = { ...RULES, offers: [{ action: { ...ACTION, text: hostile }, channel: '#ops' }] }
    const spoken = await makeReceipt(makeOpenWorld({ rules }))
    const roots = await put('spoken-roots.json', JSON.stringify(spoken.world.roots))
    const valid = await run([await put1('spoken.json', spoken.receipt), '--roots', roots, '--json'])
    assert.equal(valid.code, VERIFY_EXIT.valid)
    for (const printed of [text, valid.text]) assert.doesNotMatch(printed, /[^\n\P{C}]|[\u2028\u2029]/u)
    assert.equal(JSON.parse(text).path, `/${hostile.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    assert.equal(JSON.parse(valid.text).action.text, hostile)
  })

  test('says of values that are not opened just that, and never that they are erased', async () => {
    const closed = await put1('closed.json', { ...receipt, openings: { parameters: {}, notes: {} } })
    const { text } = await verify(closed)
    assert.match(text, /Reason +not opened in this receipt/)
    assert.match(text, /customer +not opened in this receipt/)
    assert.match(text, /a note, not opened in this receipt/)
    assert.doesNotMatch(text, /erased|gone/)
  })

  test('wrong usage, and roots that are none, end with 2 and judge nothing', async () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /--roots trust-roots\.json/],
      [[FILES.good], /your own copy/],
      [[FILES.good, '--root', FILES.roots], /did you mean --roots/],
      [[FILES.good, FILES.good, '--roots', FILES.roots], /does not know what to do/],
      [[join(dir, 'nowhere.json'), '--roots', FILES.roots], /nowhere\.json is not there/],
      [[FILES.good, '--roots', FILES.good], /holds no trust roots/],
      [[FILES.good, '--page', join(dir, 'page.html')], /judges nothing/],
    ]
    for (const [args, words] of wrong)
      await assert.rejects(run(args), (error) => {
        assert.ok(error instanceof StartRefused)
        assert.equal(error.code, VERIFY_EXIT.usage)
        assert.match(error.problems.join('\n'), words)
        return true
      })
  })

  test('roots that contradict themselves are no roots', async () => {
    const [root] = world.roots.roots
    const twice = await put('twice.json', JSON.stringify({ ...world.roots, roots: [root, root] }))
    const { code, text } = await run([FILES.good, '--roots', twice])
    assert.equal(code, VERIFY_EXIT.notValid)
    assert.match(text, /roots_malformed/)
  })

  test('--page writes the page once and over nothing', async () => {
    const page = join(dir, 'verify.html')
    assert.equal((await run(['--page', page])).code, VERIFY_EXIT.valid)
    assert.equal(await readFile(page, 'utf8'), verifierFile())
    await assert.rejects(run(['--page', page]), /is there already/)
  })

  test('as a program it needs no configuration, and ends with the same codes', async () => {
    const good = await runToEnd(['verify', FILES.good, '--roots', FILES.roots], {})
    assert.equal(good.code, 0, good.err)
    assert.match(good.out, /^✓ Valid\n/)
    assert.equal(good.out, stripVTControlCharacters(good.out))
    assert.equal((await runToEnd(['verify', FILES.bent, '--roots', FILES.roots], {})).code, 1)
    const none = await runToEnd(['verify'], {})
    assert.equal(none.code, 2)
    assert.match(none.err, /--roots/)
  })
})

/** The colours that we use. */
const OURS = ['0', '1', '2', '3', '1;31', '1;32', '1;33']

describe('on a terminal', () => {
  const TRICKS = '\u001b]0;owned\u0007\u001b[2J\u001b[1;32m✓ Valid\u202e\u2066\u200b\r\nValid'
  const long = `${'word '.repeat(60)}${'x'.repeat(300)}`
  const text = `${TRICKS}\n\n${long}\n\ttab`

  async function hostile(): Promise<string> {
    const reason = commit(`${TRICKS} ${long}`)
    const label = '\u202eLabel that is longer than its column by far and goes on'
    const parameter = {
      name: 'customer',
      label,
      help: '',
      personal: true,
      type: 'string',
      pattern: '.*',
      max_length: 100,
    } as const
    const action = { ...ACTION, text, title: 'Restart \u202eit', parameters: [parameter] }
    const rules = { ...RULES, offers: [{ action, channel: '#ops' }], people: [{ id: 'ana', name: 'Ana \u202e', slack: [] }] }
    const made = await makeReceipt(makeOpenWorld({ rules, intent: { reason: reason.commitment } }))
    const open = { ...made.receipt, openings: { ...made.receipt.openings, reason: reason.opening } }
    await put('hostile-roots.json', JSON.stringify(made.world.roots))
    return put1('hostile.json', open)
  }

  test('nothing of a receipt reaches it but characters that show, on lines of its width', async () => {
    const file = await hostile()
    for (const columns of [20, 80, 400])
      for (const colour of [false, true]) {
        const shown = await run([file, '--roots', join(dir, 'hostile-roots.json')], { colour, columns })
        assert.equal(shown.code, 0, shown.text)
        const ours = OURS.reduce((left, code) => left.replaceAll(`\u001b[${code}m`, ''), shown.text)
        assert.doesNotMatch(ours, /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u)
        assert.ok(ours.includes('<U+001B>]0;owned'), 'what does not show is spelt out')
        const most = Math.max(48, Math.min(100, columns))
        for (const line of ours.split('\n')) assert.ok([...line].length <= most, `${[...line].length}: ${line}`)
        if (!colour) assert.equal(shown.text, stripVTControlCharacters(shown.text))
      }
  })

  test('a line of the runbook that looks like a verdict stands behind its bar', async () => {
    const { text } = await run([await hostile(), '--roots', join(dir, 'hostile-roots.json')])
    for (const line of text.split('\n').slice(1)) assert.doesNotMatch(line, /^\s*(?:✓ )?Valid/)
  })
})
