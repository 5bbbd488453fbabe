// Several bots take from one inbox: who stalled until his lease was over puts off nothing of another's.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { delayInbox, keepInbox, takeInbox } from '../../src/db/bot-queries/inbox.ts'
import { createTestDatabase } from '../support/database.ts'

const database = await createTestDatabase({ after })
const db = database.connect('bot')
const noon = Date.UTC(2026, 0, 5, 12)
const at = (seconds: number) => new Date(noon + seconds * 1000)
const LEASE_SECONDS = 30
const take = async (seconds: number) =>
  (await takeInbox(db, at(seconds), at(seconds + LEASE_SECONDS), 8)).map(({ id, due_at }) => ({ id, due_at }))

test('who stalls until his lease is over does not put off what another takes up by then', async () => {
  await keepInbox(db, { id: 'action/1', kind: 'action', payload: {} }, at(0), at(0))
  const mine = { id: 'action/1', due_at: at(3 + LEASE_SECONDS) }
  assert.deepEqual(await take(3), [mine])
  const others = { id: 'action/1', due_at: at(4 + 2 * LEASE_SECONDS) }
  assert.deepEqual(await take(4 + LEASE_SECONDS), [others], 'another’s by now')
  await delayInbox(db, mine, at(35), 'http_503')
  assert.deepEqual(await take(36), [], 'still the other’s')
  await delayInbox(db, others, at(40), 'http_503')
  assert.deepEqual(await take(41), [{ id: 'action/1', due_at: at(41 + LEASE_SECONDS) }])
})
