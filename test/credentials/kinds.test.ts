import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialKinds } from '../../src/credentials/index.ts'
import { CREDENTIAL_PLACE, credentialId, fingerprint, type OpenedRight } from '../../src/credentials/kind.ts'
import { sha256 } from '../../src/crypto.ts'
import { material } from '../../src/domain/claim.ts'
import { ID, NAME } from '../../src/domain/ids.ts'
import { right } from '../../src/domain/intent.ts'
import { read } from '../../src/domain/shape.ts'
import { freshKeys, INTENT, mintInput, NOON, sampleOf, samples } from '../support/credentials.ts'

const keys = await freshKeys()
const ID_OF_REQUEST = '01hzy3v7kq8m5n4p2r6s9t0wxy'

test('every row of the table is filed under its own name and has a sample', () => {
  for (const [name, kind] of credentialKinds) {
    assert.equal(kind.kind, name)
    assert.match(name, NAME)
    assert.ok(samples.has(name))
  }
})

for (const [name, kind] of credentialKinds) {
  const sample = sampleOf(name)

  test(`${name}: its sample stands in an intent, and its material in a claim`, () => {
    assert.ok(read(right, sample.right).ok)
    assert.ok(read(material, sample.material).ok)
    assert.equal(sample.material.kind, kind.material)
    assert.equal(kind.misfit(sample.right), undefined)
  })

  test(`${name}: settings and grants are closed`, () => {
    const more = (of: object) => ({ ...of, something_else: 'x' })
    assert.ok(kind.settings.safeParse(sample.right.settings).success)
    assert.ok(!kind.settings.safeParse(more(sample.right.settings)).success)
    assert.ok(kind.grants.safeParse(sample.right.grants).success)
    assert.ok(!kind.grants.safeParse(more(sample.right.grants)).success)
    const bent: OpenedRight = { ...sample.right, grants: more(sample.right.grants) as OpenedRight['grants'] }
    assert.match(kind.misfit(bent)?.path ?? '', /^\/grants/)
    assert.match(kind.misfit({ ...sample.right, settings: {} })?.path ?? '', /^\/settings/)
    assert.equal(kind.misfit({ ...sample.right, kind: 'another' })?.path, '/kind')
  })

  test(`${name}: it says in plain words what the right gives`, () => {
    const lines = kind.describe(sample.right)
    assert.ok(lines.length > 0)
    for (const line of lines) assert.match(line, /^[^\p{Cc}]{3,}$/u)
    assert.ok(kind.audiences(sample.right.settings).length > 0)
  })

  test(`${name}: a shell line has one place for the credential and never the credential itself`, () => {
    const { command } = kind.howTo(sample.right)
    assert.equal(command?.split(CREDENTIAL_PLACE).length, 2)
  })

  test(`${name}: what is minted has the fingerprint that we keep`, async () => {
    const { credential, fingerprint: kept } = await kind.mint(keys, mintInput(name))
    assert.equal(kept, Buffer.from(sha256(Buffer.from(credential))).toString('base64url'))
    assert.equal(kept, fingerprint(credential))
  })

  test(`${name}: it does not mint for a lease that is over, other material or another kind`, async () => {
    await assert.rejects(kind.mint(keys, mintInput(name, { endsAt: NOON })), /lease/)
    const foreign = { kind: 'another' } as unknown as ReturnType<typeof mintInput>['material']
    await assert.rejects(kind.mint(keys, mintInput(name, { material: foreign })), /material/)
    await assert.rejects(kind.mint(keys, mintInput(name, { right: { ...sample.right, kind: 'another' } })), /kind/)
  })

  test(`${name}: an early end can be asked for twice and answers honestly`, async () => {
    const ended = { id: credentialId(INTENT, 1), issuer: 'http://localhost:3001', request: ID_OF_REQUEST, endedAt: NOON } as const
    const ask = () => kind.end(keys, sample.right, { ...ended, initiator: 'user' }, new AbortController().signal)
    if (!kind.recallable(sample.right)) return assert.rejects(ask)
    const first = await ask()
    assert.ok(['confirmed', 'pending'].includes(first.recall))
    assert.deepEqual(await ask(), first)
  })
}

test('the id of a credential derives from intent and number, and from nothing else', () => {
  assert.match(credentialId(INTENT, 1), ID)
  assert.equal(credentialId(INTENT, 1), credentialId(INTENT, 1))
  assert.notEqual(credentialId(INTENT, 1), credentialId(INTENT, 2))
  assert.notEqual(
    credentialId(INTENT, 1),
    credentialId(
      INTENT.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')),
      1,
    ),
  )
})
