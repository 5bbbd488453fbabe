// Attacks on who may change the passkey directory: alone where it takes two, for oneself, in another's name, or by a sign-in at a provider that
// stands for more than it may.

import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { digestOf, sha256 } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import { vouchedNonceBytes } from '../../src/domain/directory.ts'
import { tagged } from '../../src/domain/tags.ts'
import type { DirectoryLink } from '../../src/evidence/bundle.ts'
import { newKey, type TestKey } from './authenticator.ts'
import { attack, type ChainAttack } from './chain-attack.ts'
import { base64url, LOG_KEY, minutes, register } from './evidence-builder.ts'
import type { Office } from './office.ts'

export const PROVIDER = { issuer: 'https://id.example', client_id: 'countersign' }
const takeProvider = (o: Office) =>
  o.add({ operation: 'provider', ...PROVIDER, effect: 'grant' }, { by: [o.keys.ada, o.keys.bo] })

/** An enrolment of dee for which the issuer vouches, with whatever is bent in what it says. */
export function vouched(
  o: Pick<Office, 'enrolment' | 'link' | 'heads' | 'roots'> & { readonly keys: { readonly dee: TestKey } },
  bent: { readonly [member: string]: Canonical } = {},
  { key = o.keys.dee, roles = [] as ('approver' | 'auditor')[], signer = LOG_KEY.privateKey, by = [] as TestKey[] } = {},
): DirectoryLink {
  const { change, registrations } = o.enrolment([key], roles)
  const link = o.link(change, { by, registrations })
  const { person, thumbprint } = key.passkey
  const directory = { sequence: o.heads.length - 1, head: o.heads.at(-1) ?? '' }
  const body = canonicalBytes({
    v: 1,
    realm: o.roots.realm,
    change: digestOf('directory', Buffer.from(link.change, 'base64url')),
    ...PROVIDER,
    subject: base64url(sha256(Buffer.from('dee@example'))),
    auth_time: minutes(0) / 1000,
    directory,
    nonce: base64url(sha256(vouchedNonceBytes({ person, thumbprint, head: directory.head }))),
    ...bent,
  })
  return { ...link, vouch: { body: base64url(body), signature: base64url(signBytes(null, tagged('vouch', body), signer)) } }
}

const adding = (o: Office, by: readonly (typeof o.keys.cy)[], key = newKey('cy'), role = 'owner') => {
  const { signed, digest } = register(o.roots.realm, key)
  const change = { operation: 'add', passkey: key.passkey, registration: digest } as const
  return o.link(change, { by, registrations: [signed], order: { role } })
}

export const DIRECTORY_ATTACKS: readonly ChainAttack[] = [
  attack('a role given by one of two administrators', 'second_administrator_missing', (o) =>
    o.link(o.role('cy', 'grant', 'approver'), { by: [o.keys.ada] }),
  ),
  attack('a role taken by one of two administrators', 'second_administrator_missing', (o) =>
    o.link(o.role('bo', 'withdraw'), { by: [o.keys.ada] }),
  ),
  attack('an approver enrolled by one of two administrators', 'second_administrator_missing', (o) => {
    const { change, registrations } = o.enrolment([o.keys.dee], ['approver'])
    return o.link(change, { by: [o.keys.ada], registrations })
  }),
  attack('a second key for an administrator by the other alone', 'second_administrator_missing', (o) => {
    const { change, registrations } = o.enrolment([newKey('bo')])
    return o.link(change, { by: [o.keys.ada], registrations })
  }),
  attack('power for one administrator once the other is suspended', 'second_administrator_missing', (o) => {
    o.add(o.status('suspend', 'bo'), { by: [o.keys.ada] })
    return o.link(o.role('cy', 'grant', 'approver'), { by: [o.keys.ada] })
  }),
  attack('the role of the only administrator whose key works, given up by him alone', 'second_administrator_missing', (o) => {
    o.add(o.status('suspend', 'ada'), { by: [o.keys.bo] })
    return o.link(o.role('bo', 'withdraw'), { by: [o.keys.bo] })
  }),
  attack('an administrator’s key reinstated by one', 'second_administrator_missing', (o) => {
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    o.add(o.status('suspend', 'cy'), { by: [o.keys.ada] })
    return o.link(o.status('reinstate', 'cy'), { by: [o.keys.bo] })
  }),
  attack('a key for good taken from an administrator by one', 'second_administrator_missing', (o) =>
    o.link(o.status('revoke', 'bo'), { by: [o.keys.ada] }),
  ),
  attack('a recovery by one of two', 'second_administrator_missing', (o) => o.link(o.recovery(9, 40), { by: [o.keys.bo] })),
  attack('rules endorsed by one of two', 'second_administrator_missing', (o) =>
    o.link({ operation: 'endorse', rule_set: o.keys.ada.passkey.thumbprint }, { by: [o.keys.ada] }),
  ),
  attack('a provider taken by one of two', 'second_administrator_missing', (o) =>
    o.link({ operation: 'provider', ...PROVIDER, effect: 'grant' }, { by: [o.keys.ada] }),
  ),
  attack('an administrator who signs for a new key of his own', 'signed_by_subject', (o) => {
    const { change, registrations } = o.enrolment([newKey('bo')])
    return o.link(change, { by: [o.keys.ada, o.keys.bo], registrations })
  }),
  attack('a role that an administrator signs for himself beside another', 'signed_by_subject', (o) =>
    o.link(o.role('bo', 'grant', 'approver'), { by: [o.keys.ada, o.keys.bo] }),
  ),
  attack('a role of his own that an administrator signs beside two others', 'signed_by_subject', (o) => {
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.role('bo', 'grant', 'approver'), { by: [o.keys.ada, o.keys.cy, o.keys.bo] })
  }),
  attack('a role that the only administrator gives himself back', 'signed_by_subject', (o) => {
    o.add(o.role('bo', 'withdraw'), { by: [o.keys.ada, o.keys.bo] })
    o.add(o.role('ada', 'withdraw', 'approver'), { by: [o.keys.ada] })
    return o.link(o.role('ada', 'grant', 'approver'), { by: [o.keys.ada] })
  }),
  attack('a suspended key of his own that an administrator takes back beside another', 'signed_by_subject', (o) => {
    const second = newKey('bo')
    o.addOwn(o.keys.bo, second)
    o.add(o.status('suspend', 'bo'), { by: [o.keys.ada] })
    return o.link(o.status('reinstate', 'bo'), { by: [o.keys.ada, second] })
  }),
  attack('a suspended key of his own that the only administrator takes back', 'signed_by_subject', (o) => {
    const second = newKey('ada')
    o.addOwn(o.keys.ada, second)
    o.add(o.role('bo', 'withdraw'), { by: [o.keys.ada, o.keys.bo] })
    o.add(o.status('suspend', 'ada'), { by: [second] })
    return o.link(o.status('reinstate', 'ada'), { by: [second] })
  }),
  attack('a key of his own that an administrator revokes beside another', 'signed_by_subject', (o) => {
    const second = newKey('bo')
    o.addOwn(o.keys.bo, second)
    return o.link(o.status('revoke', 'bo'), { by: [o.keys.ada, second] })
  }),
  attack('keys of which one is his own that an administrator takes back beside another', 'signed_by_subject', (o) => {
    const second = newKey('bo')
    o.addOwn(o.keys.bo, second)
    o.add(o.status('suspend', 'bo', 'cy'), { by: [o.keys.ada] })
    return o.link(o.status('reinstate', 'bo', 'cy'), { by: [o.keys.ada, second] })
  }),
  attack('a key of his own whose words an administrator says he compared', 'signed_by_subject', (o) => {
    const fresh = newKey('bo')
    o.add(o.role('bo', 'withdraw'), { by: [o.keys.ada, o.keys.bo] })
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada] })
    const { change, registrations } = o.enrolment([fresh])
    o.add(change, { by: [o.keys.ada], registrations })
    o.add(o.role('bo', 'grant'), { by: [o.keys.ada, o.keys.cy] })
    return o.link(o.role('bo', 'grant', 'administrator', [fresh.passkey.thumbprint]), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('an administrator whose new key nobody compared', 'not_an_administrator', (o) => {
    const fresh = newKey('cy')
    const { change, registrations } = o.enrolment([fresh])
    o.add(change, { by: [o.keys.ada], registrations })
    const compared = o.enrolment([o.keys.dee], ['administrator'])
    o.add(compared.change, { by: [o.keys.ada, o.keys.bo], registrations: compared.registrations })
    o.add(o.role('cy', 'grant'), { by: [o.keys.ada, o.keys.bo] })
    return o.link(o.status('suspend', 'bo'), { by: [fresh] })
  }),
  attack('a key added by an administrator as if he were its owner', 'not_the_owner', (o) => adding(o, [o.keys.ada])),
  attack('a key that an owner adds as an administrator', 'not_the_owner', (o) =>
    adding(o, [o.keys.cy], undefined, 'administrator'),
  ),
  attack('a key added with somebody else’s beside', 'not_the_owner', (o) => adding(o, [o.keys.cy, o.keys.bo])),
  attack('another’s key suspended by its like', 'not_the_owner', (o) =>
    o.link(o.status('suspend', 'bo'), { by: [o.keys.cy], order: { role: 'owner' } }),
  ),
  attack('an owner who takes back his own suspension', 'not_the_owner', (o) => {
    const second = newKey('cy')
    o.addOwn(o.keys.cy, second)
    o.add(o.status('suspend', 'cy'), { by: [o.keys.ada] })
    return o.link(o.status('reinstate', 'cy'), { by: [second], order: { role: 'owner' } })
  }),
  attack('a role for somebody without a key that could serve it', 'passkey_missing', (o) => {
    o.enrol([o.keys.dee], o.keys.ada)
    return o.link(o.role('dee', 'grant', 'approver'), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('a role that vouches for another’s key', 'other_persons_passkey', (o) =>
    o.link(o.role('cy', 'grant', 'approver', [o.keys.bo.passkey.thumbprint]), { by: [o.keys.ada, o.keys.bo] }),
  ),
  attack('a role that says anew of a key that it was compared', 'no_effect', (o) =>
    o.link(o.role('cy', 'grant', 'approver', [o.keys.cy.passkey.thumbprint]), { by: [o.keys.ada, o.keys.bo] }),
  ),
  attack('a role that names one key twice', 'listed_twice', (o) => {
    const { thumbprint } = o.keys.cy.passkey
    return o.link(o.role('cy', 'grant', 'approver', [thumbprint, thumbprint]), { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('a role withdrawn that names keys', 'no_effect', (o) => {
    o.add(o.role('cy', 'grant', 'approver'), { by: [o.keys.ada, o.keys.bo] })
    const change = o.role('cy', 'withdraw', 'approver', [o.keys.cy.passkey.thumbprint])
    return o.link(change, { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('an endorsement twice', 'no_effect', (o) => {
    const endorse = { operation: 'endorse', rule_set: o.keys.ada.passkey.thumbprint } as const
    o.add(endorse, { by: [o.keys.ada, o.keys.bo] })
    return o.link(endorse, { by: [o.keys.ada, o.keys.bo] })
  }),
  attack('a change from before the last', 'accepted_before_previous', (o) =>
    o.link(o.status('suspend', 'cy'), { by: [o.keys.ada], at: minutes(-1) }),
  ),
  attack('an enrolment that nobody signed', 'not_an_administrator', (o) => {
    const { change, registrations } = o.enrolment([o.keys.dee])
    return o.link(change, { by: [], registrations })
  }),
  attack('a sign-in at a provider that nobody took', 'unknown_provider', (o) => vouched(o)),
  attack('a sign-in at a provider that was given up', 'unknown_provider', (o) => {
    takeProvider(o)
    o.add({ operation: 'provider', ...PROVIDER, effect: 'withdraw' }, { by: [o.keys.ada, o.keys.bo] })
    return vouched(o)
  }),
  ...(
    [
      ['for another client', 'unknown_provider', (o) => vouched(o, { client_id: 'other' })],
      ['of another realm', 'foreign_realm', (o) => vouched(o, { realm: 'prod:00000000000000000000000000' })],
      ['about another change', 'other_change', (o) => vouched(o, { change: o.heads[1] ?? '' })],
      ['with more than is known', 'vouch_malformed', (o) => vouched(o, { name: 'dee' })],
      ['of a nonce for another key', 'nonce_differs', (o) => vouched(o, { nonce: o.keys.ada.passkey.thumbprint })],
      [
        'from another past',
        'directory_position_unknown',
        (o) => vouched(o, { directory: { sequence: 1, head: o.heads[2] ?? '' } }),
      ],
      [
        'signed by somebody else’s key',
        'vouch_signature_invalid',
        (o) => vouched(o, {}, { signer: generateKeyPairSync('ed25519').privateKey }),
      ],
      ['that makes an approver', 'not_to_be_vouched', (o) => vouched(o, {}, { roles: ['approver'] })],
      ['for somebody who has a key', 'not_to_be_vouched', (o) => vouched(o, {}, { key: newKey('cy') })],
      ['beside an administrator’s signature', 'not_to_be_vouched', (o) => vouched(o, {}, { by: [o.keys.ada] })],
      [
        'in the place of a suspension',
        'not_to_be_vouched',
        (o) => {
          const link = o.link(o.status('suspend', 'cy'), { by: [] })
          const { vouch } = vouched(o, { change: digestOf('directory', Buffer.from(link.change, 'base64url')) })
          return vouch ? { ...link, vouch } : link
        },
      ],
    ] as [string, ChainAttack['reason'], ChainAttack['make']][]
  ).map(([name, reason, make]) =>
    attack(`a sign-in ${name}`, reason, (o) => {
      takeProvider(o)
      return make(o)
    }),
  ),
]
