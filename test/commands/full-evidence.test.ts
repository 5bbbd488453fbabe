import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { lastFirst } from '../support/last-first.ts'
import { ask, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld(lastFirst(after))

test('a requester who confirms again and again leaves room for a no: it is taken, and it is final', async () => {
  const { intent } = await ask(world)
  for (let count = 0; count < 8; count += 1) assert.ok((await confirm(world, intent, await newHolder())).ok, `place ${count}`)
  const ninth = await confirm(world, intent, await newHolder())
  assert.deepEqual(!ninth.ok && ninth.refusal, { reason: 'too_many_statements', most: 8 })
  assert.ok((await decide(world, intent, 'bo', 'deny')).ok)
  const { state } = await world.ctx.db
    .selectFrom('request_state')
    .select('state')
    .where('intent_digest', '=', intent)
    .executeTakeFirstOrThrow()
  assert.equal(state, 'denied')
})
