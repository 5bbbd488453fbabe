// What changes between a decision and the claim: rules, members, keys and the action are judged again at claim, under today's. What touches a
// request voids it with a reason; what does not, does not.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { changeDirectory, prepareChange, type Wanted } from '../../src/commands/change-directory.ts'
import { LOST_KEY } from '../../src/commands/void-lost-requests.ts'
import { findGrant } from '../../src/db/grants.ts'
import { findKnown } from '../../src/db/requests.ts'
import { refused } from '../support/refused.ts'
import { signChange } from '../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world

async function confirmed(over: Parameters<typeof ask>[1] = {}) {
  const asked = await ask(world, over)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  return { ...asked, place }
}
async function approved(by = 'bo') {
  const made = await confirmed()
  assert.ok((await decide(world, made.intent, by)).ok)
  return made
}
const standing = async (request: string) => {
  const { state, ended_reason } = (await findKnown(ctx.db, request))?.state ?? {}
  return [state, ended_reason]
}
const VOIDED_BY_ACTION = ['voided', 'the action changed after it was asked for']
const VOIDED_BY_REQUESTER = ['voided', 'who asked for it may not any more']
const VOIDED_BY_QUORUM = ['voided', 'an approval no longer counts']

/** Rewrites a file of the issuer's runbooks and has it read, as long as `during` lasts. */
async function withFile(file: string, change: (text: string) => string, during: () => Promise<void>): Promise<void> {
  const path = join(world.runbooksDir, file)
  const before = readFileSync(path, 'utf8')
  const bent = change(before)
  assert.notEqual(bent, before, `${file} was changed`)
  writeFileSync(path, bent)
  try {
    await world.issuer.reload()
    await during()
  } finally {
    writeFileSync(path, before)
    await world.issuer.reload()
  }
}
const members = (group: string, people: string) => (text: string) =>
  text.replace(new RegExp(`(\\n  ${group}: )\\[.*\\]`), `$1[${people}]`)

/** A change of the passkey directory, signed by mira. */
async function keyChange(wanted: Wanted): Promise<void> {
  const prepared = await prepareChange(ctx, wanted)
  assert.ok(prepared.ok)
  const changed = await changeDirectory(ctx, { ...(await signChange(world, 'mira', prepared.digest)), change: prepared.change })
  assert.ok(changed.ok, JSON.stringify(changed))
}
const keyOf = async (person: string) => {
  const [key] = [...(await ctx.chain()).passkeys.values()].filter(({ passkey }) => passkey.person === person)
  assert.ok(key)
  return key.passkey.thumbprint
}
async function whileSuspended(person: string, during: () => Promise<void>): Promise<void> {
  const passkeys = [await keyOf(person)]
  await keyChange({ operation: 'suspend', passkeys })
  try {
    await during()
  } finally {
    await keyChange({ operation: 'reinstate', passkeys })
  }
}

describe('the action', () => {
  const bends = {
    'its text': (text: string) => text.replace('Restarts all replicas', 'Restarts and wipes all replicas'),
    'what it grants': (text: string) => text.replace('scope: ["service:restart"]', 'scope: ["service:restart", "service:stop"]'),
    'its lease': (text: string) => text.replace('maximum: 1h', 'maximum: 2h'),
    'its rules': (text: string) => text.replace('count: 1', 'count: 2'),
    'its freshness': (text: string) => text.replace('freshness: 15m', 'freshness: 30m'),
  }
  for (const [what, bend] of Object.entries(bends)) {
    test(`changed in ${what} voids what waits and what is approved, and nobody can claim or sign it`, async () => {
      const [open, waiting, done] = [await ask(world), await confirmed(), await approved()]
      await withFile('service.md', bend, async () => {
        for (const { requestId } of [open, waiting, done]) assert.deepEqual(await standing(requestId), VOIDED_BY_ACTION)
        refused(await claim(world, done.intent, done.place), 'request_ended', /was made void by a change\. Ask again/)
        refused(await decide(world, waiting.intent, 'bo'), 'request_ended', /made void by a change/)
        refused(await confirm(world, open.intent, done.place), 'request_ended', /made void by a change/)
      })
      assert.deepEqual(await standing(done.requestId), VOIDED_BY_ACTION, 'changing it back revives nothing')
    })
  }

  test('withdrawn voids what was approved', async () => {
    const { requestId, intent, place } = await approved()
    await withFile(
      'service.md',
      (text) => text.replace('  restart:', '  restart-all:'),
      async () => {
        assert.deepEqual(await standing(requestId), VOIDED_BY_ACTION)
        refused(await claim(world, intent, place), 'request_ended', /made void/)
      },
    )
  })

  test('that is another one changes nothing here: decisions and claim go on', async () => {
    const [waiting, done] = [await confirmed(), await approved()]
    await withFile(
      'customer.md',
      (text) => text.replace('maximum: 30m', 'maximum: 20m'),
      async () => {
        assert.ok((await claim(world, done.intent, done.place)).ok)
        assert.ok((await decide(world, waiting.intent, 'bo')).ok)
        assert.ok((await claim(world, waiting.intent, waiting.place)).ok)
      },
    )
  })

  test('changed under a live grant ends it at the next credential', async () => {
    const { intent, place, requestId } = await approved()
    assert.ok((await claim(world, intent, place)).ok)
    await withFile('service.md', bends['its text'], async () => {
      assert.equal((await findGrant(ctx.db, requestId))?.state, 'active')
      refused(await claim(world, intent, place, 2), 'changed_since', /The action changed since this was asked/)
      assert.equal((await findGrant(ctx.db, requestId))?.state, 'revoking')
    })
  })
})

describe('an approver', () => {
  test('who left the group counts no more: the quorum is lost, and the request void with a reason', async () => {
    const { intent, place, requestId } = await approved()
    await withFile('directory.yaml', members('service-owners', 'ana'), async () => {
      refused(
        await claim(world, intent, place),
        'changed_since',
        /The standing of an approver changed since this was asked.*Ask again/,
      )
      assert.deepEqual(await standing(requestId), VOIDED_BY_QUORUM)
      assert.equal(await findGrant(ctx.db, requestId), undefined)
    })
    refused(await claim(world, intent, place), 'request_ended', /made void by a change/)
  })

  test('who left the group is made good by another one, before the claim', async () => {
    const { intent, place } = await approved()
    await withFile('directory.yaml', members('service-owners', 'ana'), async () => {
      assert.ok((await decide(world, intent, 'ana')).ok)
      assert.ok((await claim(world, intent, place)).ok)
    })
  })

  test('who left another group still counts', async () => {
    const { intent, place } = await approved()
    await withFile('directory.yaml', members('data-owners', 'ana'), async () => assert.ok((await claim(world, intent, place)).ok))
  })

  test('who was not in the group when he signed does not count by joining later', async () => {
    const { intent, place } = await confirmed()
    refused(await decide(world, intent, 'mira'), 'not_an_approver', /Only members of service-owners/)
    await withFile('directory.yaml', members('service-owners', 'ana, bo, mira'), async () => {
      refused(await claim(world, intent, place), 'not_approved', /waits for approvers/)
      assert.ok((await decide(world, intent, 'mira')).ok, 'a new decision does')
    })
  })

  test('whose key was suspended counts no more', async () => {
    const { intent, place, requestId } = await approved()
    await whileSuspended('bo', async () => {
      const other = await confirmed()
      refused(await decide(world, other.intent, 'bo'), 'passkey_inactive', /This key is suspended/)
      refused(await claim(world, intent, place), 'changed_since', /standing of an approver/)
      assert.deepEqual(await standing(requestId), VOIDED_BY_QUORUM)
    })
  })

  test('who lost a rule that only he could fill loses the quorum, not what the other approved', async () => {
    const { intent, place } = await confirmed({
      action: 'vector-db.drop-collection',
      parameters: { collection: 'product-search-v1' },
    })
    assert.ok((await decide(world, intent, 'ana')).ok)
    assert.ok((await decide(world, intent, 'bo')).ok)
    await withFile('directory.yaml', members('data-owners', 'mira, theo'), async () => {
      refused(await claim(world, intent, place), 'changed_since', /standing of an approver/)
    })
  })

  test('who denied and has left since has denied for good', async () => {
    const { intent, place } = await confirmed()
    assert.ok((await decide(world, intent, 'bo', 'deny')).ok)
    await withFile('directory.yaml', members('service-owners', 'ana'), async () => {
      refused(await decide(world, intent, 'ana'), 'request_ended', /was denied/)
      refused(await claim(world, intent, place), 'request_ended', /was denied/)
    })
  })
})

describe('the requester', () => {
  test('who may not ask any more has nothing open: it is void with a reason, and stays so when he may again', async () => {
    const [open, waiting, done] = [await ask(world), await confirmed(), await approved()]
    await withFile('directory.yaml', members('on-call', 'theo, mira'), async () => {
      for (const { requestId } of [open, waiting, done]) assert.deepEqual(await standing(requestId), VOIDED_BY_REQUESTER)
      refused(await claim(world, done.intent, done.place), 'request_ended', /made void by a change/)
    })
    refused(await claim(world, done.intent, done.place), 'request_ended', /made void by a change/)
    assert.equal(await findGrant(ctx.db, done.requestId), undefined)
  })

  test('whose key was suspended may not claim, nor once it is reinstated: he asks again', async () => {
    const { intent, place, requestId } = await approved()
    await whileSuspended('rey', async () => {
      refused(await claim(world, intent, place), 'changed_since', /standing of the requester or of the key that asked/)
      assert.deepEqual(await standing(requestId), ['voided', LOST_KEY])
    })
    refused(await claim(world, intent, place), 'request_ended', /made void by a change/)
  })

  test('whose key was suspended gets no further credential, and his grant ends', async () => {
    const { intent, place, requestId } = await approved()
    assert.ok((await claim(world, intent, place)).ok)
    await whileSuspended('rey', async () => {
      refused(await claim(world, intent, place, 2), 'changed_since', /standing of the requester/)
      assert.equal((await findGrant(ctx.db, requestId))?.state, 'revoking')
    })
  })
})
