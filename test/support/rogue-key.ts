// What a thief brings along: a software key of his own, a real authenticator that nobody has enrolled, which registers in anybody's name and signs any
// statement in anybody's; statements of others as they were once posted; and words of holder keys.

import { digestOf, thumbprint } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import type { StatementKind } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { create, get, type Twist } from '../../src/sandbox/authenticator.ts'
import { ORIGIN, type TestHolder, type World } from './world.ts'

export type RogueKey = ReturnType<typeof rogueKey>

/** A new key in a person's name. */
export function rogueKey({ ctx }: World, person: string) {
  const site = { rpId: 'localhost', origin: ORIGIN }
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  let { passkey, key, response } = create({
    ...site,
    challenge: nonce,
    userHandle: encodeBase64url(userHandle(ctx.realm, person)),
  })
  const own = { person, passkey: thumbprint(key) }
  return {
    id: passkey.id,
    key,
    thumbprint: own.passkey,
    /** What the door of registrations takes. */
    registration: { person, nickname: 'blue key', nonce, attestation: response },
    /** A statement signed by this key: in its own name, or with whatever is bent. */
    sign: (kind: StatementKind, body: Record<string, unknown>, twist: Twist = {}) => {
      const fresh = { v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()) }
      const bytes = canonicalBytes({ ...fresh, kind, ...(kind === 'sign_in' ? {} : { signer: own }), ...body } as Canonical)
      const answer = get(passkey, { ...site, challenge: digestOf(`statement/${kind}`, bytes) }, twist)
      passkey = answer.passkey
      return { statement: encodeBase64url(bytes), response: answer.response }
    },
  }
}

/** A statement of the database as its owner once posted it. */
export const postedAgain = (row: { readonly bytes: Buffer; readonly assertion: unknown }) => {
  const { id, authenticator_data, client_data_json, signature } = row.assertion as Record<string, string>
  const response = { clientDataJSON: client_data_json, authenticatorData: authenticator_data, signature }
  return {
    statement: row.bytes.toString('base64url'),
    response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
  }
}

/** A place's word that it gives a grant back. */
export async function giveBackOf({ ctx }: World, intent: string, by: TestHolder) {
  const about = { v: 1, realm: ctx.realm, nonce: makeNonce(ctx.nonceKey, ctx.now()) }
  const bytes = canonicalBytes({ ...about, intent, holder: thumbprint(by.holder.sign), decision: 'return' })
  return { giveBack: encodeBase64url(bytes), signature: await by.sign(tagged('giveBack', bytes)) }
}
