// A test world with three administrators: mira, whose key is the root, ana and theo; and changes that two of them sign.

import assert from 'node:assert/strict'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { editDirectory } from './directory-world.ts'
import { signChange } from './sign-change.ts'
import { openWorld, type World } from './world.ts'

/** Signs a change in each one's name, in turn; answers its place once it is taken. */
export const signing =
  (world: World) =>
  async (wanted: Wanted, ...people: readonly string[]): Promise<number> => {
    const prepared = await prepareChange(world.ctx, wanted)
    assert.ok(prepared.ok, JSON.stringify(prepared))
    for (const person of people) {
      const signed = await signChange(world, person, prepared.digest)
      const done = await changeDirectory(world.ctx, { ...signed, change: prepared.change })
      assert.ok(done.ok, JSON.stringify(done))
    }
    assert.equal((await world.ctx.chain()).sequence, prepared.sequence, 'nobody has yet to sign')
    return prepared.sequence
  }

/** The change by which everybody but mira came in, ana and theo as administrators: she signed it. */
export const ENROLMENT = 1

/** Opens it. */
export async function openAdministrators(t: Parameters<typeof openWorld>[0]) {
  const world = await openWorld(t, undefined, (dir) =>
    editDirectory(dir, (text) => text.replace('administrators: [mira]', 'administrators: [mira, ana, theo]')),
  )
  assert.equal((await world.ctx.chain()).administrators.size, 3)
  return { world, signs: signing(world) }
}
