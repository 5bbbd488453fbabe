// Gives the sandbox's people keys by the real way: a root pinned as on any issuer's host, then for everybody else a registration, the owner's proof,
// and the administrator's signature over a change of the directory. Nothing is written beside the commands, so the chain is as real as
// anywhere; only the authenticators are simulated.

import { changeDirectory, prepareChange } from '../commands/change-directory.ts'
import type { IssuerContext } from '../commands/context.ts'
import { completeRegistration, registerPasskey } from '../commands/register-passkey.ts'
import { digestOf } from '../crypto.ts'
import { decodeBase64url, encodeBase64url } from '../domain/base64url.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import type { Outcome } from '../domain/refusal.ts'
import type { Statement } from '../domain/statement.ts'
import { refusalWords } from '../domain/words.ts'
import { makeNonce } from '../passkeys/nonce.ts'
import { userHandle } from '../passkeys/user-handle.ts'
import type { KeyRing } from './key-ring.ts'

/** Signs a statement with a key of the ring, as a page would have it signed. */
export function signWith(ring: KeyRing, id: string, statement: Statement) {
  const bytes = canonicalBytes(statement)
  const response = ring.assert(id, digestOf(`statement/${statement.kind}`, bytes))
  if (!response) throw new Error(`the ring has no key ${id}`)
  return { statement: encodeBase64url(bytes), response }
}

/** Enrols a new key for each of the people who has none yet, signed by the root on the ring. */
export async function enrolPeople(ctx: IssuerContext, ring: KeyRing, people: readonly string[]): Promise<void> {
  const [root] = ctx.roots.roots
  if (!root) throw new Error('a sandbox has one root')
  const enrolled = [...(await ctx.chain()).passkeys.values()].map(({ passkey }) => passkey.person)
  const fresh = people.filter((person) => !enrolled.includes(person))
  if (fresh.length === 0) return
  const registrations: string[] = []
  for (const person of fresh) registrations.push(await registerOne(ctx, ring, person))
  const prepared = done(await prepareChange(ctx, { operation: 'enrol', registrations }))
  const signed = signWith(ring, root.id, {
    v: 1,
    realm: ctx.realm,
    kind: 'directory',
    role: 'administrator',
    decision: 'change',
    change: prepared.digest,
    nonce: makeNonce(ctx.nonceKey, ctx.now()),
    signer: { person: root.person, passkey: root.thumbprint },
  })
  done(await changeDirectory(ctx, { ...signed, change: prepared.change }))
}

async function registerOne(ctx: IssuerContext, ring: KeyRing, person: string): Promise<string> {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const made = ring.create(
    person,
    encodeBase64url(decodeBase64url(nonce) ?? new Uint8Array()),
    encodeBase64url(userHandle(ctx.realm, person)),
  )
  const registered = done(await registerPasskey(ctx, { person, nickname: 'simulated key', nonce, attestation: made.response }))
  const signed = signWith(ring, made.id, {
    v: 1,
    realm: ctx.realm,
    kind: 'register',
    role: 'owner',
    decision: 'register',
    id: made.id,
    key: registered.key,
    nonce: makeNonce(ctx.nonceKey, ctx.now()),
    signer: { person, passkey: registered.thumbprint },
  })
  return done(await completeRegistration(ctx, signed)).thumbprint
}

function done<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`the sandbox could not enrol its people: ${refusalWords(outcome.refusal)}`)
  return outcome
}
