// People's keys in tests: a software passkey with its entry in the directory, that signs any statement, true or bent.

import { randomBytes } from 'node:crypto'
import { digestOf, thumbprint } from '../../src/crypto.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import type { Passkey } from '../../src/domain/directory.ts'
import type { StatementKind } from '../../src/domain/statement.ts'
import type { Assertion } from '../../src/evidence/bundle.ts'
import { type Algorithm, create, FLAGS, get, type Twist } from '../../src/sandbox/authenticator.ts'

export const SITE = { rpId: 'localhost', origin: 'http://localhost:3001' }

/** A nonce of the form the issuer makes; nothing in the evidence knows its MAC. */
export const newNonce = (): string => randomBytes(40).toString('base64url')

export type TestKey = {
  readonly passkey: Passkey
  readonly signer: { readonly person: string; readonly passkey: string }
  /** Assertion over the bytes, under the tag of the kind. */
  readonly assert: (kind: StatementKind, bytes: Uint8Array, twist?: Twist) => Assertion
}

/** A new key of a person, as the directory would enrol it. */
export function newKey(
  person: string,
  { algorithm = 'ES256' as Algorithm, synced = false, id = undefined as string | undefined } = {},
): TestKey {
  const made = create({ ...SITE, challenge: newNonce(), userHandle: Buffer.from(person).toString('base64url'), algorithm })
  let soft = made.passkey
  const passkey: Passkey = {
    person,
    id: id ?? soft.id,
    key: made.key,
    thumbprint: thumbprint(made.key),
    device_bound: !synced,
  }
  const flags = FLAGS.userPresent | FLAGS.userVerified | (synced ? FLAGS.backupEligible : 0)
  const assertOver = (kind: StatementKind, bytes: Uint8Array, twist: Twist = {}): Assertion => {
    const challenge = digestOf(`statement/${kind}`, bytes)
    const answer = get(soft, { ...SITE, challenge }, { flags, id: passkey.id, ...twist })
    soft = answer.passkey
    const { id: answered, response } = answer.response
    return {
      id: answered,
      authenticator_data: response.authenticatorData,
      client_data_json: response.clientDataJSON,
      signature: response.signature,
    }
  }
  return { passkey, signer: { person, passkey: passkey.thumbprint }, assert: assertOver }
}

/** A statement in its canonical bytes, signed. It need not be a lawful one. */
export function sign(
  key: TestKey,
  kind: StatementKind,
  statement: Canonical,
  twist: Twist = {},
): { statement: string; assertion: Assertion } {
  const bytes = canonicalBytes(statement)
  return { statement: Buffer.from(bytes).toString('base64url'), assertion: key.assert(kind, bytes, twist) }
}
