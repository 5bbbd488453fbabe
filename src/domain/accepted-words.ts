// Which keys are accepted and why one is not, in words for whoever holds it: before the key is made, and after it was turned away. No text of a key or
// of its certificates is quoted; names of models are those that whoever keeps attestation.yaml wrote there.

import type { Accept } from './accepted-keys.ts'
import type { KeyMisfit } from './attestation.ts'

const MOST_NAMED = 6

/** What a key must be for this person, as one or two sentences; undefined where any key will do. */
export function acceptWords(accept: Accept, models: readonly string[]): string | undefined {
  switch (accept) {
    case 'any':
      return undefined
    case 'device_bound':
      return `You need a key that stays in one place: a security key, or a passkey that your computer or phone keeps to itself. ${SYNCED} is not accepted.`
    case 'hardware':
      return `You need a security key of a listed model: ${listed(models)}. When the browser asks whether this page may see its make and model, allow it.`
  }
}

/** Why this key was turned away, and what to do about it. */
export function misfitWords(why: KeyMisfit, accept: Accept, models: readonly string[]): string {
  return `${reasonWords(why)} It was not registered. ${acceptWords(accept, models) ?? 'Use another key.'}`
}

function reasonWords(why: KeyMisfit): string {
  switch (why) {
    case 'synced':
      return 'This key can be copied to other devices.'
    case 'attestation_missing':
      return 'This key came without the certificate of its maker: it has none, or the browser kept it back.'
    case 'attestation_self':
      return 'This key vouches for itself; no maker does.'
    case 'attestation_format':
      return 'This key is certified in a way that is not accepted here: it is an old U2F key, or one that is built into a device.'
    case 'attestation_form':
    case 'attestation_leaf':
      return 'The certificate that came with this key is not one by which makers certify keys.'
    case 'attestation_signature':
      return 'The certificate that came with this key did not sign for it.'
    case 'aaguid_differs':
      return 'The certificate that came with this key was made for another model than the key says it is.'
    case 'model_not_listed':
      return 'Keys of this model are not on the list.'
    case 'model_compromised':
      return 'Keys of this model are known to be insecure. Stop using it here and elsewhere.'
    case 'chain_dates':
      return 'The certificate that came with this key is not in its time: it has expired, or begins later.'
    case 'chain_length':
    case 'chain_broken':
    case 'chain_not_authority':
      return 'The certificates that came with this key do not hold together.'
    case 'chain_own_root':
    case 'chain_not_pinned':
      return 'The certificate that came with this key does not lead to the maker of its model.'
  }
}

const SYNCED = 'One that is copied between devices (by iCloud Keychain, Google Password Manager, a password manager)'

const listed = (models: readonly string[]): string =>
  models.length === 0
    ? 'none is listed yet, ask an administrator'
    : `${models.slice(0, MOST_NAMED).join(', ')}${models.length > MOST_NAMED ? ` and ${models.length - MOST_NAMED} more` : ''}`
