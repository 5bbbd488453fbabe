// New roots are told to everybody, at once and each by a message of their own, whatever was told a moment before; and nobody stays signed in at the console,
// where a session may rest on a key of before.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { subjectOf } from '../../src/commands/notice-places.ts'
import { makeRoot } from '../../src/sandbox/key-ring.ts'
import type { MessageView } from '../../src/sandbox/slack/wire.ts'
import { openBot } from '../support/bot.ts'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { sha256 } from '../support/world.ts'

const EVERYBODY = ['rey', 'ana', 'bo', 'mira', 'theo']
const SECURITY = 'C0SECURITY0'
const HOUR_MS = 3_600_000
const bot = await openBot(lastFirst(after))
const { world, slack } = bot
const { db } = world.bot

async function signIn(person: string): Promise<void> {
  const now = new Date()
  const times = { created_at: now, used_at: now, expires_at: new Date(now.getTime() + HOUR_MS) }
  await db
    .insertInto('bot_session')
    .values({ id_hash: sha256(`a session of ${person}`), person, roles: '[]', ...times })
    .execute()
}
const signedIn = async () =>
  (await db.selectFrom('bot_session').select('person').orderBy('person').execute()).map(({ person }) => person)
/** The deliveries of one piece of news, once they are planned. */
async function planned(source: string) {
  const read = () =>
    db.selectFrom('delivery').select(['kind', 'place', 'request_id']).where('source', '=', source).orderBy('place').execute()
  await until(`what is told of ${source}`, async () => (await read()).length > 0)
  return read()
}
const saysSo = ({ blocks }: MessageView) =>
  /A new era has begun/.test(wordsOf(blocks)) &&
  /era 2/.test(wordsOf(blocks)) &&
  /Mira Castellanos|U0MIRACASTE/.test(JSON.stringify(blocks))

test('the first roots are told to nobody and end no session: there was nobody before them', async () => {
  await signIn('theo')
  const id = crypto.randomUUID()
  const payload = JSON.stringify({ era: 1, people: ['mira'] })
  await world.ctx.db
    .insertInto('issuer_outbox')
    .values({ id, topic: 'roots.pinned', request_id: null, payload, created_at: new Date() })
    .execute()
  assert.deepEqual(
    (await planned(id)).map(({ kind, place }) => [kind, place]),
    [['none', '']],
  )
  assert.deepEqual(await signedIn(), ['theo'])
})

test('new roots are told to everybody and in the security channel at once, and end every session of the console', async () => {
  await signIn('rey')
  // Everybody who could be told together with other news was told some a moment before.
  await ownKeys(world).registered('bo')
  await slack.as('mira').message('direct', ({ blocks }) => /Bo Tanaka|U0BOTANAKA0/.test(JSON.stringify(blocks)), 'news before')
  await slack.as('mira').message(SECURITY, ({ blocks }) => /Bo Tanaka|U0BOTANAKA0/.test(JSON.stringify(blocks)), 'news before')

  const roots = { ...world.roots, era: 2, roots: [makeRoot(world.ring, world.roots.realm, 'mira')] }
  const { ctx } = await world.reopen({ roots, pastRoots: [world.roots] })
  const { id } = await ctx.db
    .selectFrom('issuer_outbox')
    .select('id')
    .where('topic', '=', 'roots.pinned')
    .orderBy('created_at', 'desc')
    .executeTakeFirstOrThrow()
  const rows = await planned(id)
  assert.deepEqual(
    rows.map(({ place }) => place),
    [...EVERYBODY.map((person) => `own/${person}`).sort(), 'security/#security'],
  )
  for (const { place, request_id } of rows)
    assert.equal(request_id, subjectOf(id), `${place}: by a message of its own, which waits for no other`)
  assert.deepEqual(await signedIn(), [])
  await Promise.all([
    ...EVERYBODY.map((person) => slack.as(person).message('direct', saysSo, `what ${person} is told`)),
    slack.as('theo').message(SECURITY, saysSo, 'what the channel is told'),
  ])
})
