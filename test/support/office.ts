// A passkey directory with some life in it, for tests of the chain.

import assert from 'node:assert/strict'
import { nodeCrypto } from '../../src/crypto.ts'
import type { Role } from '../../src/domain/directory.ts'
import type { DirectoryLink } from '../../src/evidence/bundle.ts'
import { extendChain, replayChain } from '../../src/evidence/directory-chain.ts'
import { newKey } from './authenticator.ts'
import { type Change, makeDirectory, makeRoots } from './evidence-builder.ts'

/** A directory in which root ada enrolled bo and cy, and made bo an administrator. */
export function makeOffice() {
  const keys = { ada: newKey('ada'), bo: newKey('bo'), cy: newKey('cy'), dee: newKey('dee') }
  const roots = makeRoots(keys.ada)
  const directory = makeDirectory(roots)
  directory.enrol([keys.bo, keys.cy], keys.ada)
  directory.add({ operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] }, { by: [keys.ada] })
  const status = (operation: 'suspend' | 'reinstate' | 'revoke', ...who: (keyof typeof keys)[]): Change => ({
    operation,
    passkeys: who.map((name) => keys[name].passkey.thumbprint),
  })
  const role = (person: string, effect: 'grant' | 'withdraw', of: Role = 'administrator', passkeys: string[] = []): Change => ({
    operation: 'role',
    person,
    role: of,
    effect,
    passkeys,
  })
  const recovery = (sequence: number, watermark: number): Change => ({
    operation: 'recover',
    lost: { directory: { sequence, head: directory.heads.at(-1) ?? '' }, watermark },
  })
  const replay = () => replayChain(roots, directory.links, nodeCrypto)
  /** The verdict on one more link over the office as it stands. */
  const judge = async (link: DirectoryLink) => {
    const state = await replay()
    assert.ok(state.ok, JSON.stringify(state))
    return extendChain(state.state, link, nodeCrypto, roots)
  }
  return { keys, roots, ...directory, status, role, recovery, replay, judge }
}
export type Office = ReturnType<typeof makeOffice>
