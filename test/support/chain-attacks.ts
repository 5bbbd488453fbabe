// Attacks on the passkey directory: each row is one more link over a true office, and the first reason that must refuse it.

import assert from 'node:assert/strict'
import type { Canonical } from '../../src/domain/canonical.ts'
import { newKey, newNonce } from './authenticator.ts'
import { attack, type ChainAttack } from './chain-attack.ts'
import { DIRECTORY_ATTACKS } from './directory-attacks.ts'
import { register } from './evidence-builder.ts'
import type { Office } from './office.ts'

const enrolling = ({ enrolment, link, keys }: Office, key = keys.dee, bent: { readonly [member: string]: Canonical } = {}) => {
  const { change, registrations } = enrolment([key])
  return link({ ...change, ...bent }, { by: [keys.ada], registrations })
}
/** An enrolment of dee whose register statement is bent, though the change names that very statement. */
const misregistering = ({ link, keys, roots }: Office, bent: { readonly [member: string]: Canonical }) => {
  const { signed, digest } = register(roots.realm, keys.dee, bent)
  const passkeys = [{ passkey: keys.dee.passkey, registration: digest, roles: [] }]
  return link({ operation: 'enrol', passkeys }, { by: [keys.ada], registrations: [signed] })
}

export const CHAIN_ATTACKS: readonly ChainAttack[] = [
  attack('a change with an unknown member', 'change_malformed', (o) =>
    o.link({ ...o.role('cy', 'grant'), note: 'hi' }, { by: [o.keys.ada] }),
  ),
  attack('a change of another realm', 'foreign_realm', (o) =>
    enrolling(o, undefined, { realm: 'prod:00000000000000000000000000' }),
  ),
  attack('a change that skips a place', 'out_of_sequence', (o) => enrolling(o, undefined, { sequence: 4 })),
  attack('a change that was there before', 'out_of_sequence', (o) => o.links[0] ?? assert.fail()),
  attack('a change after another past', 'wrong_previous', (o) => enrolling(o, undefined, { previous: o.heads[1] ?? '' })),
  attack('a statement that is not canonical', 'statement_malformed', (o) => {
    const [order = assert.fail()] = enrolling(o).statements
    const spaced = Buffer.from(Buffer.from(order.statement, 'base64url').toString().replace(',', ', ')).toString('base64url')
    return { ...enrolling(o), statements: [{ ...order, statement: spaced }] }
  }),
  attack('a registration in place of an administrator’s word', 'unexpected_statement', (o) => {
    const link = enrolling(o)
    return { ...link, statements: link.registrations }
  }),
  attack('an order with a nonce of the past', 'nonce_reused', (o) => {
    const { statement = assert.fail() } = o.links[0]?.statements[0] ?? {}
    const { nonce } = JSON.parse(Buffer.from(statement, 'base64url').toString())
    return o.link(o.role('cy', 'grant'), { by: [o.keys.ada], order: { nonce } })
  }),
  attack('two statements with one nonce', 'nonce_reused', (o) =>
    o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo], order: { nonce: newNonce() } }),
  ),
  attack('an administrator’s word about another change', 'other_change', (o) => ({
    ...o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] }),
    statements: o.link(o.role('dee', 'grant'), { by: [o.keys.ada, o.keys.bo] }).statements,
  })),
  attack('a change signed by a key of nobody', 'unknown_passkey', (o) => o.link(o.role('cy', 'grant'), { by: [newKey('ada')] })),
  attack('a change signed in an administrator’s name', 'other_persons_passkey', (o) =>
    o.link(o.role('cy', 'grant'), { by: [{ ...o.keys.cy, signer: { person: 'ada', passkey: o.keys.cy.passkey.thumbprint } }] }),
  ),
  attack('a change by an administrator whose key is suspended', 'passkey_inactive', (o) => {
    o.add(o.status('suspend', 'bo'), { by: [o.keys.ada] })
    return o.link(o.role('cy', 'grant'), { by: [o.keys.bo] })
  }),
  attack('a change by somebody who is no administrator', 'not_an_administrator', (o) =>
    o.link(o.role('cy', 'grant'), { by: [o.keys.cy] }),
  ),
  attack('a change by an administrator of the past', 'not_an_administrator', (o) => {
    o.add(o.role('bo', 'withdraw'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.role('cy', 'grant'), { by: [o.keys.bo] })
  }),
  attack('a second signature that no administrator gave', 'not_an_administrator', (o) =>
    o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.cy] }),
  ),
  attack('a change signed by a thief with the administrator’s names', 'signature_invalid', (o) => {
    const thief = newKey('ada', { id: o.keys.ada.passkey.id })
    return o.link(o.role('cy', 'grant'), { by: [{ ...thief, signer: o.keys.ada.signer }] })
  }),
  attack('a change signed on another origin', 'wrong_origin', (o) =>
    o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo], twist: { origin: 'http://localhost:3000' } }),
  ),
  attack('one administrator counted twice', 'signed_twice', (o) =>
    o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.ada] }),
  ),
  attack('a key under another key’s thumbprint', 'thumbprint_differs', (o) =>
    enrolling(o, { ...o.keys.dee, passkey: { ...o.keys.dee.passkey, key: newKey('dee').passkey.key } }),
  ),
  attack('a key that is enrolled', 'already_enrolled', (o) => enrolling(o, o.keys.cy)),
  attack('a root’s key', 'already_enrolled', (o) => enrolling(o, o.keys.ada)),
  attack('a key that was revoked', 'already_enrolled', (o) => {
    o.add(o.status('revoke', 'cy'), { by: [o.keys.ada, o.keys.bo] })
    return enrolling(o, o.keys.cy)
  }),
  attack('an enrolled key for a second person', 'already_enrolled', (o) => {
    const person = 'dee'
    const { assert: sign, passkey } = o.keys.cy
    return enrolling(o, { assert: sign, passkey: { ...passkey, person }, signer: { person, passkey: passkey.thumbprint } })
  }),
  attack('a new key under an enrolled credential id', 'already_enrolled', (o) =>
    enrolling(o, newKey('dee', { id: o.keys.cy.passkey.id })),
  ),
  attack('one key listed twice', 'listed_twice', (o) => {
    const { change, registrations } = o.enrolment([o.keys.dee, o.keys.dee])
    return o.link(change, { by: [o.keys.ada], registrations })
  }),
  attack('one suspension listed twice', 'listed_twice', (o) => o.link(o.status('suspend', 'cy', 'cy'), { by: [o.keys.ada] })),
  attack('a key whose owner never registered it', 'registration_missing', (o) => ({ ...enrolling(o), registrations: [] })),
  attack('a registration for another person', 'registration_differs', (o) =>
    misregistering(o, { signer: { person: 'cy', passkey: o.keys.dee.passkey.thumbprint } }),
  ),
  attack('a registration that names another signer’s key', 'registration_differs', (o) =>
    misregistering(o, { signer: { person: 'dee', passkey: o.keys.cy.passkey.thumbprint } }),
  ),
  attack('a registration of another credential id', 'registration_differs', (o) =>
    misregistering(o, { id: o.keys.cy.passkey.id }),
  ),
  attack('a registration of another key', 'registration_differs', (o) => misregistering(o, { key: newKey('dee').passkey.key })),
  attack('a registration signed by another key', 'signature_invalid', (o) => {
    const victim = o.keys.dee
    return enrolling(o, { ...newKey('dee', { id: victim.passkey.id }), passkey: victim.passkey, signer: victim.signer })
  }),
  attack('a synced key enrolled as device-bound', 'backup_eligibility_changed', (o) => {
    const synced = newKey('dee', { synced: true })
    return enrolling(o, { ...synced, passkey: { ...synced.passkey, device_bound: true } })
  }),
  attack('a registration that nobody asked about', 'registration_unasked', (o) => {
    const link = enrolling(o)
    return { ...link, registrations: [...link.registrations, register(o.roots.realm, newKey('eve')).signed] }
  }),
  attack('a recovery by somebody who is no administrator', 'not_an_administrator', (o) =>
    o.link(o.recovery(9, 40), { by: [o.keys.cy] }),
  ),
  attack('a recovery that was signed before', 'out_of_sequence', (o) =>
    o.add(o.recovery(9, 40), { by: [o.keys.ada, o.keys.bo] }),
  ),
  attack('a second recovery from one loss', 'no_effect', (o) => {
    o.add(o.recovery(9, 40), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.recovery(9, 40), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('a recovery from what was lost before another loss', 'no_effect', (o) => {
    o.add(o.recovery(9, 40), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.recovery(12, 39), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('a registration beside a recovery', 'registration_unasked', (o) => ({
    ...o.link(o.recovery(9, 40), { by: [o.keys.ada, o.keys.bo] }),
    registrations: [register(o.roots.realm, newKey('eve')).signed],
  })),
  attack('a registration beside a suspension', 'registration_unasked', (o) => ({
    ...o.link(o.status('suspend', 'cy'), { by: [o.keys.ada] }),
    registrations: [register(o.roots.realm, o.keys.dee).signed],
  })),
  attack('the suspension of a key that is not there', 'unknown_passkey', (o) =>
    o.link(o.status('suspend', 'dee'), { by: [o.keys.ada] }),
  ),
  attack('the reinstatement of an active key', 'no_effect', (o) => o.link(o.status('reinstate', 'cy'), { by: [o.keys.ada] })),
  attack('a role granted twice', 'no_effect', (o) => {
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('the reinstatement of a revoked key', 'revoked_for_good', (o) => {
    o.add(o.status('revoke', 'cy'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.status('reinstate', 'cy'), { by: [o.keys.ada] })
  }),
  attack('the suspension of a revoked key', 'revoked_for_good', (o) => {
    o.add(o.status('revoke', 'cy'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.status('suspend', 'cy'), { by: [o.keys.ada] })
  }),
  attack('the end of a root’s role', 'root_is_administrator', (o) =>
    o.link(o.role('ada', 'withdraw'), { by: [o.keys.ada, o.keys.bo] }),
  ),
  attack('the end of every administrator’s key', 'last_administrator', (o) =>
    o.link(o.status('suspend', 'bo', 'ada'), { by: [o.keys.bo] }),
  ),
  attack('the end of the last administrator’s key that still works', 'last_administrator', (o) => {
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    o.add(o.status('suspend', 'ada'), { by: [o.keys.bo] })
    o.add(o.status('suspend', 'cy'), { by: [o.keys.bo] })
    return o.link(o.status('suspend', 'bo'), { by: [o.keys.bo] })
  }),
  attack('the end of every administrator’s key but one that nobody compared', 'last_administrator', (o) => {
    const { change, registrations } = o.enrolment([newKey('cy')])
    o.add(change, { by: [o.keys.ada], registrations })
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.status('suspend', 'ada', 'bo', 'cy'), { by: [o.keys.bo] })
  }),
  ...DIRECTORY_ATTACKS,
]
