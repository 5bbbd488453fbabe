// A person who has a key and nothing else, and adds and drops keys of his own as fast as he can, so that the place of the directory that administrators sign
// for is always gone. He runs out of keys; administrators and owners never run out of suspensions.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { changeDirectory, type Wanted } from '../../src/commands/change-directory.ts'
import { MOST_ADDED, MOST_OWN_KEYS, whyAddsNoMore } from '../../src/commands/judge-change.ts'
import { readDirectoryChange } from '../../src/domain/directory.ts'
import { passkeysOf } from '../../src/evidence/chain-state.ts'
import { editDirectory } from '../support/directory-world.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import type { RogueKey } from '../support/rogue-key.ts'
import { signChange } from '../support/sign-change.ts'

const DAY_MS = 86_400_000
const ends = lastFirst(after)
let door: Door
let keys: ReturnType<typeof ownKeys>
before(async () => {
  door = await openDoors(ends)
  keys = ownKeys(door.world)
})

/** What a key signs as the owner of its keys, posted as its page posts it. */
async function owns(by: RogueKey, wanted: Wanted) {
  const { change, digest } = await keys.prepared(wanted)
  return door.post('/v1/statements', { ...by.sign('directory', { role: 'owner', decision: 'change', change: digest }), change })
}
const adds = async (by: RogueKey, person: string) => {
  const key = await keys.registered(person)
  return { key, answer: await owns(by, { operation: 'add', registration: key.thumbprint }) }
}
const place = async () => (await door.world.ctx.chain()).sequence
/** Adds and drops keys of a person, each as often as it is taken; answers how often the directory moved. */
async function churns(person: string, by: RogueKey): Promise<number> {
  const from = await place()
  const added: RogueKey[] = []
  for (;;) {
    const { key, answer } = await adds(by, person)
    if (answer.statusCode !== 200) break
    added.push(key)
  }
  for (const operation of ['suspend', 'revoke'] as const)
    for (const { thumbprint } of added) {
      const answer = await owns(by, { operation, passkeys: [thumbprint] })
      assert.equal(answer.statusCode, 200, 'to take keys of one’s own out of use is never refused')
    }
  return (await place()) - from
}

describe('a person who moves the directory without end', () => {
  test('moves it a few times a day, and not again before a day is over', async () => {
    // The one that the world gave him is of today, too.
    const { key } = await keys.enrolled('rey')
    assert.equal(await churns('rey', key), 3 * (MOST_ADDED - 2))
    assert.equal(await churns('rey', key), 0)
    const { answer } = await adds(key, 'rey')
    assert.equal(answer.statusCode, 409)
    assert.equal(answer.json().reason, 'too_many_added')
    assert.match(
      answer.json().words,
      /^No more than 5 keys of yours come in within a day if you add them\. You can add the next from /,
    )
    const { ctx } = door.world
    const { change } = await keys.prepared({ operation: 'add', registration: (await keys.registered('rey')).thumbprint })
    const read = readDirectoryChange(Buffer.from(change, 'base64url'))
    assert.ok(read.ok)
    const at = (ms: number) => whyAddsNoMore(ctx.published(), state, read.value, new Date(Date.now() + ms))?.reason
    const state = await ctx.chain()
    assert.equal(at(DAY_MS - 60_000), 'too_many_added')
    assert.equal(at(DAY_MS), undefined)
  })

  test('keeps no administrator from suspending his keys, nor an owner from suspending one that is lost', async () => {
    const { key } = await keys.enrolled('theo')
    await churns('theo', key)
    const change = await keys.prepared({ operation: 'suspend', passkeys: [key.thumbprint] })
    const lost = [...(await door.world.ctx.chain()).passkeys.values()].find(
      ({ passkey, status }) => passkey.person === 'theo' && status === 'active' && passkey.thumbprint !== key.thumbprint,
    )
    assert.equal((await owns(key, { operation: 'suspend', passkeys: [lost?.passkey.thumbprint ?? ''] })).statusCode, 200)
    const stale = await changeDirectory(door.world.ctx, {
      ...(await signChange(door.world, 'mira', change.digest)),
      change: change.change,
    })
    // The page that has to be looked at again says who came first.
    refused(
      stale,
      'directory_moved',
      /^The directory was changed in the meantime: Theo Brandt suspended keys\. Look again, then sign\.$/,
    )
    assert.ok(await keys.changed({ operation: 'suspend', passkeys: [key.thumbprint] }))
    assert.equal((await adds(key, 'theo')).answer.json().reason, 'passkey_inactive')
  })

  test('who has ten that are not revoked adds no more, whatever the day; administrators still may enrol one', async () => {
    const { key } = await keys.enrolled('bo')
    const { ctx } = door.world
    const own = async () => passkeysOf(await ctx.chain(), 'bo').filter(({ status }) => status !== 'revoked').length
    while ((await own()) < MOST_OWN_KEYS) await keys.enrolled('bo')
    const { answer } = await adds(key, 'bo')
    assert.equal(answer.json().reason, 'too_many_keys')
    assert.match(answer.json().words, /^You have 10 keys already\. Revoke one/)
    await keys.enrolled('bo')
    assert.equal(await own(), MOST_OWN_KEYS + 1)
  })

  test('who was taken out of directory.yaml adds none, and still stops those that he has', async () => {
    const { key } = await keys.enrolled('theo')
    const waits = await keys.registered('theo')
    editDirectory(door.world.runbooksDir, (text) =>
      text.replace(/^ {2}theo: .*\n/m, '').replace('auditors: [theo]', 'auditors: [mira]'),
    )
    await door.world.issuer.reload()
    assert.equal((await owns(key, { operation: 'add', registration: waits.thumbprint })).json().reason, 'unknown_person')
    assert.equal((await owns(key, { operation: 'suspend', passkeys: [key.thumbprint] })).statusCode, 200)
  })
})
