// People of a test world who register further keys, and changes of what directory.yaml says.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IssuerContext } from '../../src/commands/context.ts'
import { completeRegistration, registerPasskey } from '../../src/commands/register-passkey.ts'
import { decodeBase64url, encodeBase64url } from '../../src/domain/base64url.ts'
import type { Digest } from '../../src/domain/ids.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { userHandle } from '../../src/passkeys/user-handle.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import type { World } from './world.ts'

/** Changes what directory.yaml of a folder says, before it is read or before a reload. */
export function editDirectory(dir: string, edit: (text: string) => string): void {
  const path = join(dir, 'directory.yaml')
  const before = readFileSync(path, 'utf8')
  const text = edit(before)
  if (text === before) throw new Error('the edit found nothing in directory.yaml')
  writeFileSync(path, text)
}

/** A key on the ring that its owner has registered and proved, and that waits. */
export async function registeredKey(
  { ctx, ring }: { readonly ctx: IssuerContext; readonly ring: World['ring'] },
  person: string,
): Promise<{ readonly thumbprint: Digest; readonly id: string }> {
  const nonce = makeNonce(ctx.nonceKey, ctx.now())
  const challenge = encodeBase64url(decodeBase64url(nonce) ?? new Uint8Array())
  const made = ring.create(person, challenge, encodeBase64url(userHandle(ctx.realm, person)))
  const registered = await registerPasskey(ctx, { person, nickname: 'second key', nonce, attestation: made.response })
  if (!registered.ok) throw new Error(registered.refusal.reason)
  const { thumbprint, key } = registered
  const proof = signWith(ring, made.id, {
    v: 1,
    realm: ctx.realm,
    kind: 'register',
    role: 'owner',
    decision: 'register',
    id: made.id,
    key,
    nonce: makeNonce(ctx.nonceKey, ctx.now()),
    signer: { person, passkey: thumbprint },
  })
  const proved = await completeRegistration(ctx, proof)
  if (!proved.ok) throw new Error(proved.refusal.reason)
  return { thumbprint, id: made.id }
}

/** A person's keys that are not revoked, in the order of the chain. */
export const keysOf = async ({ ctx }: Pick<World, 'ctx'>, person: string): Promise<Digest[]> =>
  [...(await ctx.chain()).passkeys.values()].flatMap(({ passkey, status }) =>
    passkey.person === person && status !== 'revoked' ? [passkey.thumbprint] : [],
  )
