// Writes the true inputs from which hostile ones are made: `node test/fuzz/write-corpus.ts --write`. They are kept in a file, so that a seed makes the same
// inputs tomorrow and on another machine; they are written anew only when a format changes.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, get } from '../../src/sandbox/authenticator.ts'
import { attestedBy, modelOf, newMaker } from '../support/attesting.ts'
import { newKey } from '../support/authenticator.ts'
import { CHALLENGE, ORIGIN, owner, REALM, RP_ID } from '../support/ceremony.ts'
import { PROVIDER, vouched } from '../support/directory-attacks.ts'
import { LOG_KEY, RULES } from '../support/evidence-builder.ts'
import { makeOffice } from '../support/office.ts'
import { makeReceipt } from '../support/receipt-builder.ts'
import { CORPUS_PLACE, type Corpus } from './corpus.ts'

const { receipt, word, world } = await makeReceipt()
const office = makeOffice()
office.add({ operation: 'provider', ...PROVIDER, effect: 'grant' }, { by: [office.keys.ada, office.keys.bo] })
const { change, registrations } = office.enrolment([office.keys.dee, newKey('eve', { algorithm: 'RS256' })])
const links = [
  vouched(office),
  office.link(office.role('cy', 'grant', 'approver'), { by: [office.keys.ada, office.keys.bo] }),
  office.link(office.status('suspend', 'cy'), { by: [office.keys.ada] }),
  office.link(change, { by: [office.keys.ada], registrations }),
  office.link(office.recovery(9, 40), { by: [office.keys.ada, office.keys.bo] }),
]
const asked = {
  rpId: RP_ID,
  origin: ORIGIN,
  challenge: encodeBase64url(CHALLENGE),
  userHandle: encodeBase64url(userHandle(REALM, 'bo')),
}
const algorithms = ['ES256', 'EdDSA', 'RS256'] as const
const maker = newMaker()
const corpus: Corpus = {
  now: Date.now(),
  rules: RULES,
  roots: world.roots,
  intent: world.intent,
  receipt,
  word,
  logKey: LOG_KEY.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
  office: { roots: office.roots, chain: office.links, links },
  answers: algorithms
    .map((algorithm) => owner('bo', algorithm))
    .map(({ passkey, enrolled }) => ({ passkey, enrolled, response: get(passkey, asked).response })),
  plain: algorithms.map((algorithm) => create({ ...asked, algorithm }).response),
  attested: [create(asked, attestedBy(maker)).response],
  model: modelOf(maker),
  certificates: [maker.root, maker.authority, maker.leaf].map(({ der }) => der.toString('base64url')),
}
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const text = `${JSON.stringify(corpus)}\n`
assert.deepEqual(JSON.parse(text), corpus, 'the corpus does not come back from its file')
if (values.write) writeFileSync(CORPUS_PLACE, text)
process.stdout.write(`${text.length} bytes${values.write ? ', written' : ''}\n`)
