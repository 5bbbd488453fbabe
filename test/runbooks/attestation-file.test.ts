// Each mistake in the list of models is named with its file, its line and its mend; without the file no key counts as hardware.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { credentialKinds } from '../../src/credentials/index.ts'
import { loadRuleSet } from '../../src/runbooks/load.ts'
import { MODEL, modelOf, newMaker } from '../support/attesting.ts'
import { GOOD_FILES, runbookFolder } from '../support/runbook-folder.ts'

const maker = newMaker()
const METADATA = { number: 7, next_update: '2026-12-01', sha256: '0'.repeat(64) }
const { source, reports, ...hand } = modelOf(maker)
const good = stringify({ models: [hand] })
const renewed = stringify({
  metadata: METADATA,
  models: [{ ...hand, source: 'fido', reports: [{ status: 'REVOKED', date: '2026-02-01' }] }],
})

type Mistake = readonly [is: string, text: string, at: string, what: RegExp, mend: RegExp]
const MISTAKES: readonly Mistake[] = [
  ['an AAGUID in large letters', good.replace(MODEL, MODEL.toUpperCase()), '2:13', /`aaguid` does not fit/, /small letters/],
  [
    'the AAGUID of zeros',
    good.replace(MODEL, '00000000-0000-0000-0000-000000000000'),
    '2:13',
    /names no model/,
    /write the AAGUID/,
  ],
  ['an AAGUID twice', stringify({ models: [hand, modelOf(maker)] }), '', /stands twice in `models`/, /keep one/],
  ['no certificate', stringify({ models: [{ ...hand, roots: [] }] }), '4:12', /`roots` does not fit/, /must list a certificate/],
  ['something else than a certificate', good.replace('MII', 'MIX'), '5:9', /is not one certificate in PEM/, /BEGIN to END/],
  [
    'two certificates in one entry',
    stringify({ models: [{ ...hand, roots: [maker.root.pem + maker.leaf.pem] }] }),
    '5:9',
    /not one certificate/,
    /`- \|`/,
  ],
  [
    'an entry of FIDO without its metadata',
    stringify({ models: [{ ...hand, source: 'fido' }] }),
    '',
    /`fido` without `metadata`/,
    /import it again/,
  ],
  ['a status in small letters', renewed.replace('REVOKED', 'revoked'), '', /`status` does not fit/, /like REVOKED/],
  ['a day that is none', renewed.replace('2026-12-01', '2026-13-01'), '3:16', /`next_update` does not fit/, /like 2026-12-01/],
  ['an unknown member', good.replace('name:', 'nmae:'), '3:5', /`nmae` is not known here/, /did you mean `name`/],
  ['no models', 'metadata:\n', '', /`models` is missing/, /add `models:`/],
]
for (const [is, text, at, what, mend] of MISTAKES)
  test(`${is} is refused`, async (t) => {
    const dir = await runbookFolder(t, { ...GOOD_FILES, 'attestation.yaml': text })
    const loaded = await loadRuleSet(dir, credentialKinds)
    assert.ok(!loaded.ok)
    const found = loaded.problems.find((problem) => what.test(problem.what))
    assert.ok(found, JSON.stringify(loaded.problems))
    assert.equal(found.file, 'attestation.yaml')
    if (at !== '') assert.equal(`${found.line}:${found.column}`, at)
    assert.match(found.mend, mend)
  })

test('entries by hand and entries of FIDO are read, and no file is no list', async (t) => {
  const read = async (files: Record<string, string>) => {
    const loaded = await loadRuleSet(await runbookFolder(t, { ...GOOD_FILES, ...files }), credentialKinds)
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.attestation
  }
  assert.deepEqual(await read({}), { models: [] })
  assert.deepEqual(await read({ 'attestation.yaml': good }), { models: [modelOf(maker)] })
  const { metadata, models } = await read({ 'attestation.yaml': renewed })
  assert.deepEqual(metadata, METADATA)
  assert.deepEqual(models[0]?.reports, [{ status: 'REVOKED', date: '2026-02-01' }])
})

test('a tier that needs hardware while none is listed is refused in directory.yaml', async (t) => {
  const directory = `${GOOD_FILES['directory.yaml']}keys:\n  accept:\n    administrators: hardware\n`
  const loaded = await loadRuleSet(await runbookFolder(t, { ...GOOD_FILES, 'directory.yaml': directory }), credentialKinds)
  assert.ok(!loaded.ok)
  const [problem, ...more] = loaded.problems
  assert.deepEqual(more, [])
  assert.deepEqual([problem?.file, problem?.column], ['directory.yaml', 21])
  assert.match(problem?.what ?? '', /`administrators` need hardware, and no model of it is listed/)
  assert.match(problem?.mend ?? '', /list models in attestation\.yaml/)
})
