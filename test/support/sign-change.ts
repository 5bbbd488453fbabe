// An administrator's statement over a change of the passkey directory, by a person's simulated key, with whatever is bent.

import assert from 'node:assert/strict'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { signWith } from '../../src/sandbox/enrol-people.ts'
import type { World } from './world.ts'

/** Has the administrator of a world change its directory; one signature must be enough. */
export async function changeAsAdministrator(world: World, wanted: Wanted): Promise<void> {
  const prepared = await prepareChange(world.ctx, wanted)
  assert.ok(prepared.ok, JSON.stringify(prepared))
  const signed = await signChange(world, 'mira', prepared.digest)
  const done = await changeDirectory(world.ctx, { ...signed, change: prepared.change })
  assert.ok(done.ok && !done.waits, JSON.stringify(done))
}

/** Signs a change by its digest. */
export async function signChange({ ctx, ring }: World, person: string, digest: string, bent: Record<string, unknown> = {}) {
  const ids = ring.idsOf(person)
  const known = [...(await ctx.chain()).passkeys.values()].find(({ passkey }) => ids.includes(passkey.id))
  if (!known) throw new Error(`${person} has no enrolled key on the ring`)
  const { id, thumbprint } = known.passkey
  return signWith(ring, id, {
    v: 1,
    realm: ctx.realm,
    kind: 'directory',
    role: 'administrator',
    decision: 'change',
    change: digest,
    nonce: makeNonce(ctx.nonceKey, ctx.now()),
    signer: { person, passkey: thumbprint },
    ...bent,
  } as Statement)
}
