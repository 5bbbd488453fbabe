// FIDO's metadata is taken in only as FIDO signed it, without network, and what is written is what the issuer reads. Hostile: who hands over the file,
// also with any certificate that a public authority gave him for a host of his own.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SignJWT } from 'jose'
import { readPem } from '../../src/certificates/certificate.ts'
import { attestationImport } from '../../src/cli/attestation-import.ts'
import { credentialKinds } from '../../src/credentials/index.ts'
import { metadataRoots } from '../../src/passkeys/ceremony.ts'
import { StartRefused } from '../../src/run.ts'
import { loadRuleSet } from '../../src/runbooks/load.ts'
import { MODEL, newMaker } from '../support/attesting.ts'
import { runToEnd } from '../support/deployment.ts'
import { blobOf, entryOf, inDays, newService } from '../support/metadata.ts'
import { GOOD_FILES } from '../support/runbook-folder.ts'

const OTHER = 'ee882879-721c-4913-9775-3dfcce97072a'
const maker = newMaker()
const service = newService()
const ENTRIES = [entryOf(OTHER, newMaker().root), entryOf(MODEL, maker.root)]

async function folder(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-metadata-'))
  t.after(() => rm(dir, { recursive: true }))
  const all = { ...GOOD_FILES, ...files }
  await Promise.all(Object.entries(all).map(([file, text]) => writeFile(join(dir, file), text)))
  return dir
}
/** Imports a blob into a folder of runbooks; what was said. */
async function take(
  t: TestContext,
  dir: string,
  blob: string,
  args: readonly string[] = ['--aaguid', MODEL],
  root = service.root,
) {
  const beside = await mkdtemp(join(tmpdir(), 'countersign-blob-'))
  t.after(() => rm(beside, { recursive: true }))
  await Promise.all([writeFile(join(beside, 'blob.jwt'), blob), writeFile(join(beside, 'root.pem'), root.pem)])
  let said = ''
  const out = { write: (text: string) => (said += text) }
  const roots = ['--root', join(beside, 'root.pem')]
  await attestationImport(['import', join(beside, 'blob.jwt'), ...roots, ...args], { RUNBOOKS_DIR: dir }, out, new Date())
  return said
}
async function refuses(t: TestContext, words: RegExp, blob: string, args?: readonly string[], dir?: string): Promise<void> {
  const into = dir ?? (await folder(t))
  const before = (await readdir(into)).length
  await assert.rejects(
    take(t, into, blob, args),
    (error) => error instanceof StartRefused && words.test(error.problems.join('\n')),
  )
  assert.equal((await readdir(into)).length, before, 'nothing was written')
}
async function loaded(dir: string) {
  const read = await loadRuleSet(dir, credentialKinds)
  assert.ok(read.ok, JSON.stringify(read))
  return read.attestation
}

test('the models that were asked for are written as the issuer reads them, with number, date and digest of the file', async (t) => {
  const dir = await folder(t)
  const blob = await blobOf(service, ENTRIES)
  const said = await take(t, dir, blob)
  assert.match(said, /0123abcd-4567-89ab-cdef-0123456789ab {2}Example Key 0123\n/)
  assert.doesNotMatch(said, new RegExp(OTHER))
  const { metadata, models } = await loaded(dir)
  const sha256 = createHash('sha256').update(blob).digest('hex')
  assert.deepEqual(metadata, { number: 7, next_update: inDays(20), sha256 })
  assert.deepEqual(
    models.map(({ aaguid, name, source, reports }) => ({ aaguid, name, source, reports })),
    [{ aaguid: MODEL, name: 'Example Key 0123', source: 'fido', reports: [{ status: 'FIDO_CERTIFIED_L1', date: '2024-02-29' }] }],
  )
  assert.ok(readPem(models[0]?.roots[0] ?? '')?.[0]?.x509.raw.equals(maker.root.der))
})

test('a newer file renews what was imported, adds what is asked for and keeps what stands there by hand', async (t) => {
  const hand = `models:\n  - aaguid: aaaaaaaa-0000-4000-8000-000000000001\n    name: Our own key\n    roots:\n      - |\n${maker.root.pem.replace(/^/gm, '        ').trimEnd()}\n`
  const dir = await folder(t, { 'attestation.yaml': hand })
  await take(t, dir, await blobOf(service, ENTRIES))
  const bad = [entryOf(OTHER, newMaker().root), entryOf(MODEL, maker.root, { statuses: ['FIDO_CERTIFIED_L1', 'REVOKED'] })]
  const said = await take(t, dir, await blobOf(service, bad, { no: 8, nextUpdate: inDays(-3) }), [
    '--aaguid',
    OTHER.toUpperCase(),
  ])
  assert.match(said, /Example Key 0123 \(NOT accepted: REVOKED\)/)
  assert.match(said, /was to be renewed by/)
  const { metadata, models } = await loaded(dir)
  assert.equal(metadata?.number, 8)
  assert.deepEqual(
    models.map(({ aaguid, source }) => [aaguid.slice(0, 4), source]),
    [
      ['0123', 'fido'],
      ['ee88', 'fido'],
      ['aaaa', 'own'],
    ],
  )
})

test('a file that is changed, signed by others or out of time is refused, and nothing is written', async (t) => {
  const blob = await blobOf(service, ENTRIES)
  const [head = '', body = '', signature = ''] = blob.split('.')
  const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"no":7', '"no":9')).toString('base64url')
  await refuses(t, /signature that is not right/, [head, forged, signature].join('.'))
  await refuses(t, /signature that is not right/, await blobOf(service, ENTRIES, { by: newService().signer }))
  await refuses(t, /do not lead to the given roots \(chain_not_pinned\)/, await blobOf(newService(), ENTRIES))
  const rogue = newService()
  await refuses(t, /\(chain_own_root\)/, await blobOf(rogue, ENTRIES, { chain: [rogue.signer, rogue.authority, rogue.root] }))
  const expired = { ...service, signer: newSigner({ until: new Date(Date.now() - 1000) }) }
  await refuses(t, /\(chain_dates\)/, await blobOf(expired, ENTRIES))
  await refuses(t, /is not a signed file/, `${body}.${head}`)
  await refuses(t, /is not a signed file/, '<html>Not found</html>')
})

test('a file signed by another host that the same public root knows is refused', async (t) => {
  const other = {
    ...service,
    signer: newSigner({ hosts: ['mds.fidoalliance.org.example.net'], subject: { CN: 'mds.fidoalliance.org' } }),
  }
  await refuses(t, /is not signed by mds\.fidoalliance\.org/, await blobOf(other, ENTRIES))
})

test('a file that names its algorithm none, or HMAC with the public key, is refused', async (t) => {
  const x5c = [service.signer, service.authority].map(({ der }) => der.toString('base64'))
  const [, body = ''] = (await blobOf(service, ENTRIES)).split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', x5c })).toString('base64url')
  await refuses(t, /signature that is not right/, `${none}.${body}.`)
  const secret = service.signer.keys.publicKey.export({ format: 'der', type: 'spki' })
  const hmac = await new SignJWT({ no: 9, nextUpdate: inDays(9), entries: ENTRIES })
    .setProtectedHeader({ alg: 'HS256', x5c })
    .sign(secret)
  await refuses(t, /signature that is not right/, hmac)
})

test('a file older than the one that is imported is refused', async (t) => {
  const dir = await folder(t)
  await take(t, dir, await blobOf(service, ENTRIES, { no: 8 }))
  await refuses(t, /number 7, older than number 8/, await blobOf(service, ENTRIES), undefined, dir)
})

test('a model that is unknown, that no certificate attests, or that is listed by hand is refused, each with its reason', async (t) => {
  const blob = await blobOf(service, [entryOf(MODEL, maker.root, { types: ['basic_surrogate'] })])
  await refuses(t, /no certificate of its maker attests/, blob)
  await refuses(t, /^ee882879.*is not in the metadata/, blob, ['--aaguid', OTHER])
  await refuses(t, /this is no AAGUID/, blob, ['--aaguid', 'YubiKey 5'])
  await refuses(t, /name the models/, blob, [])
  const hand = `models:\n  - aaguid: ${MODEL}\n    name: Ours\n    roots:\n      - |\n${maker.root.pem.replace(/^/gm, '        ').trimEnd()}\n`
  await refuses(
    t,
    /stands there by hand/,
    await blobOf(service, ENTRIES),
    undefined,
    await folder(t, { 'attestation.yaml': hand }),
  )
})

test('without --root the roots of FIDO’s metadata are those that come along, and a service of one’s own is none of them', async (t) => {
  assert.ok(metadataRoots().length >= 2)
  for (const root of metadataRoots()) assert.match(readPem(root)?.[0]?.x509.subject ?? '', /GlobalSign/)
  const dir = await folder(t)
  await writeFile(join(dir, '.blob.jwt'), await blobOf(service, ENTRIES))
  const { code, err } = await runToEnd(['attestation', 'import', join(dir, '.blob.jwt'), '--aaguid', MODEL], {
    RUNBOOKS_DIR: dir,
  })
  assert.equal(code, 78)
  assert.match(err, /do not lead to the given roots/)
  await writeFile(join(dir, '.root.pem'), service.root.pem)
  const own = ['attestation', 'import', join(dir, '.blob.jwt'), '--aaguid', MODEL, '--root', join(dir, '.root.pem')]
  const taken = await runToEnd(own, { RUNBOOKS_DIR: dir })
  assert.equal(taken.code, 0, taken.err)
  assert.match(await readFile(join(dir, 'attestation.yaml'), 'utf8'), /BEGIN CERTIFICATE/)
})

const newSigner = (over: Parameters<typeof newService>[0]) => {
  const { signer } = newService({ issuer: service.authority, ...over })
  return signer
}
