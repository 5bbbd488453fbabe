// A request's page: rendered from the stored bytes, hostile text stays text, personal values show to whom they may, every state reads as it is.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { checkCode } from '../../src/domain/ids.ts'
import { findViewState } from '../../src/issuer/view-state.ts'
import { cookieOf, type Door, openDoors } from '../support/issuer-app.ts'
import { ask, claim, claimOf, confirm, decide, later, newHolder, sign } from '../support/world.ts'

let door: Door
const ends: (() => Promise<void> | void)[] = []
before(async () => {
  door = await openDoors({ after: (work) => void ends.unshift(work) })
})
after(async () => {
  for (const end of ends) await end()
})

const page = async (view: string, cookie?: string): Promise<string> =>
  (await door.get(`/r/${view}`, cookie === undefined ? {} : { cookie })).body
/** The page without its markup, as a reader of it sees the words. */
const words = (markup: string): string =>
  markup
    .replace(/<\/?bdi[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
const confirmed = async (over: Record<string, unknown> = {}) => {
  const asked = await ask(door.world, over)
  const holder = await newHolder()
  assert.ok((await confirm(door.world, asked.intent, holder)).ok)
  return { ...asked, holder, approver: await door.link(asked.requestId, 'ana') }
}

test('the requester reads who he is, what he confirms, why, for how long, and the code that Slack shows too', async () => {
  const { viewId, intent } = await ask(door.world)
  const text = words(await page(viewId))
  for (const each of [
    'You are Rey Okafor . You asked for this.',
    'Confirm: Restart a service (payments-api)?',
    'INC-4211: payments time out',
    'service.restart',
    'payments-api',
    '15 minutes',
    'Text of the runbook service',
    'Restarts all replicas of one service',
    checkCode(intent),
    'Where do you need it?',
  ])
    assert.ok(text.includes(each), `${each} in ${text}`)
})

test('an approver is told as whom and because of which group', async () => {
  const { approver } = await confirmed()
  const text = words(await page(approver))
  assert.match(text, /You are Ana Lindqvist ?\. You are asked because you are in service-owners ?\./)
  assert.match(text, /Approve: Restart a service \(payments-api\)\?/)
  assert.match(text, /Rey Okafor confirmed with a key/)
  assert.match(text, /Missing: 1 approval from service-owners/)
})

test('nobody decides before the requester has confirmed', async () => {
  const { requestId } = await ask(door.world)
  const markup = await page(await door.link(requestId, 'ana'))
  assert.doesNotMatch(markup, /data-do="(approve|deny)"/)
  assert.match(words(markup), /has not confirmed this with a key/)
})

test('a reason with markup and hidden characters shows as it is written', async () => {
  const hostile = `<img src=x onerror=alert(1)> "quoted" & 'more' \u05D0\u05D1`
  const { viewId } = await ask(door.world, { reason: hostile })
  const markup = await page(viewId)
  assert.doesNotMatch(markup, /<img/)
  assert.ok(words(markup).includes(hostile))
  assert.match(markup, /<blockquote class="reason"><p><bdi>/)
})

test('an opening that does not open its commitment is not shown', async () => {
  const { viewId, requestId } = await ask(door.world, { reason: 'the true reason' })
  const db = door.world.database.connect('owner')
  await db.updateTable('personal').set({ value: '"another reason"' }).where('request_id', '=', requestId).execute()
  const text = words(await page(viewId))
  assert.doesNotMatch(text, /another reason|the true reason/)
  assert.match(text, /No longer kept/)
})

test('a salt that is none leaves the page readable', async () => {
  const { viewId, requestId } = await ask(door.world)
  const db = door.world.database.connect('owner')
  await db.updateTable('personal').set({ salt: 'x' }).where('request_id', '=', requestId).execute()
  assert.match(words(await page(viewId)), /No longer kept/)
})

test('columns beside the intent are not believed: the page says what the bytes say', async () => {
  const { viewId, requestId } = await ask(door.world)
  const db = door.world.database.connect('owner')
  await db.updateTable('request').set({ runbook: 'vector-db', action: 'drop' }).where('id', '=', requestId).execute()
  const text = words(await page(viewId))
  assert.match(text, /service\.restart/)
  assert.doesNotMatch(text, /vector-db/)
})

test('personal values show while the link waits for its person’s decision, and afterwards only to who signed in', async () => {
  const { world } = door
  const { intent, approver, viewId, requestId } = await confirmed({
    action: 'customer.read-record',
    parameters: { customer: 'c-2077' },
    reason: 'ticket 77',
  })
  assert.match(words(await page(approver)), /ticket 77.*c-2077/)
  assert.doesNotMatch(
    words(await page(viewId)),
    /c-2077|ticket 77/,
    'the requester has confirmed: his link alone shows them no more',
  )
  const onlooker = words(await page(await door.link(requestId, 'theo')))
  assert.match(onlooker, /You are not among the people who decide about this/)
  assert.doesNotMatch(onlooker, /c-2077|ticket 77/)

  const decision = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
  const tapped = await door.post('/v1/statements', await sign(world, 'ana', decision))
  assert.equal(tapped.statusCode, 200, tapped.body)
  const cookie = cookieOf(tapped)
  assert.match(String(tapped.headers['set-cookie']), /^countersign-issuer-3001=.*; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.doesNotMatch(words(await page(approver)), /c-2077|ticket 77/)
  assert.match(words(await page(approver, cookie)), /c-2077.*ticket 77|ticket 77.*c-2077/)
  assert.doesNotMatch(
    JSON.stringify((await door.get(`/v1/views/${approver}`, { cookie })).json()),
    /c-2077|ticket 77/,
    'never as JSON',
  )
})

test('a session of somebody who has nothing to do with the request shows nothing personal', async () => {
  const { world } = door
  const { approver, intent } = await confirmed({ reason: 'ticket 78' })
  assert.ok((await decide(world, intent, 'ana', 'deny')).ok)
  const other = await ask(world)
  const holder = await newHolder()
  const said = {
    kind: 'request',
    role: 'requester',
    decision: 'confirm',
    intents: [other.intent],
    holder: holder.holder,
  } as const
  const rey = cookieOf(await door.post('/v1/statements', await sign(world, 'rey', said)))
  assert.match(words(await page(approver, rey)), /ticket 78/, 'the requester is involved')
  const stranger = await findViewState(world.ctx, approver, 'theo')
  assert.ok(stranger.ok && stranger.state.is === 'adopted')
  assert.deepEqual([stranger.state.reason.is, stranger.state.hidesPersonal], ['hidden', true])
})

test('a link leads nowhere a week after the end, except for somebody involved who signed in', async () => {
  const { world } = door
  const { approver, intent } = await confirmed()
  assert.ok((await decide(world, intent, 'ana', 'deny')).ok)
  const inSixDays = later(world.ctx, 6 * 86_400_000)
  const inEightDays = later(world.ctx, 8 * 86_400_000)
  assert.equal((await findViewState(inSixDays, approver, undefined)).ok, true)
  assert.deepEqual(await findViewState(inEightDays, approver, undefined), { ok: false, refusal: { reason: 'unknown_view' } })
  assert.equal((await findViewState(inEightDays, approver, 'rey')).ok, true)
  assert.equal((await findViewState(inEightDays, approver, 'theo')).ok, false)
})

test('before it was checked, and when it was refused, the page shows nothing of the proposal', async () => {
  const { world } = door
  const proposed = await proposeRequest(world.bot, {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'unchecked words',
  } as Parameters<typeof proposeRequest>[1])
  assert.ok(proposed.ok)
  const checking = words(await page(proposed.viewId))
  assert.match(checking, /still being checked/)
  assert.doesNotMatch(checking, /unchecked words|payments-api/)
  const refused = { request_id: proposed.requestId, reason: 'times_too_long', detail: '{}', refused_at: new Date() }
  await world.ctx.db.insertInto('refused_request').values(refused).execute()
  const text = words(await page(proposed.viewId))
  assert.match(text, /not accepted.*more time than is allowed/)
  assert.doesNotMatch(text, /unchecked words|payments-api/)
})

test('a denial with a note is told to the requester with its author', async () => {
  const { viewId, intent, holder } = await confirmed()
  assert.ok((await decide(door.world, intent, 'ana', 'deny')).ok)
  const text = words(await page(viewId))
  assert.match(text, /Denied/)
  assert.match(text, /Ana Lindqvist denied with a key/)
  assert.doesNotMatch(await page(viewId), /data-do="(claim|confirm)/)
  assert.equal((await claim(door.world, intent, holder)).ok, false)
})

test('an objection is told where it stands, and the credential cannot be fetched meanwhile', async () => {
  const { world } = door
  const { viewId, requestId, intent } = await confirmed()
  assert.ok((await decide(world, intent, 'ana')).ok)
  await makeWish(world.bot, { kind: 'object', request: requestId, person: 'bo' } as Parameters<typeof makeWish>[1])
  await heedWishes(world.ctx)
  const text = words(await page(viewId))
  assert.match(text, /Bo Tanaka objected/)
  assert.doesNotMatch(await page(viewId), /data-do="claim"/)
})

test('the page holds no credential: only a place for it, and how to use it', async () => {
  const { world } = door
  const { viewId, intent, holder } = await confirmed()
  assert.ok((await decide(world, intent, 'ana')).ok)
  assert.match(await page(viewId), /data-do="claim"/)
  const claimed = await door.post('/v1/claims', await claimOf(world, intent, holder))
  const markup = await page(viewId)
  assert.match(markup, /data-credential="1"/)
  assert.match(markup, /data-command="curl -sS -X POST -H &#39;Authorization: Bearer \{credential\}&#39;/)
  assert.doesNotMatch(markup, /eyJ[\w-]+\.[\w-]*\./)
  assert.ok(!markup.includes(claimed.json().ciphertext))
})

test('a grant given back early is not said to be over while its token works', async () => {
  const { world } = door
  const { viewId, intent, holder, approver } = await confirmed()
  assert.ok((await decide(world, intent, 'ana')).ok)
  assert.ok((await claim(world, intent, holder)).ok)
  const role = { kind: 'revoke', role: 'approver', decision: 'revoke', intents: [intent] } as const
  const ended = await door.post('/v1/revocations', await sign(world, 'ana', role))
  assert.equal(ended.statusCode, 200, ended.body)
  for (const view of [viewId, approver]) {
    const text = words(await page(view))
    assert.match(text, /Ending early/)
    assert.doesNotMatch(text, /The access has ended|Confirmed: the credential is gone/)
  }
})

test('the text that the page signs is byte for byte the stored intent', async () => {
  const { viewId, requestId } = await ask(door.world)
  const text = /<details class="exact">[\s\S]*?<pre tabindex="0"><bdi>([^<]*)<\/bdi><\/pre>/
    .exec(await page(viewId))?.[1]
    ?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
  const row = await door.world.ctx.db.selectFrom('request').select('intent').where('id', '=', requestId).executeTakeFirstOrThrow()
  assert.equal(text, row.intent.toString('utf8'))
})

test('a page goes on telling what was asked for when the runbook has changed since', async () => {
  const { viewId } = await ask(door.world)
  const path = join(door.world.runbooksDir, 'service.md')
  const before = await readFile(path, 'utf8')
  await writeFile(path, before.replace('title: Restart a service', 'title: Restart it all'))
  try {
    await door.world.issuer.reload()
    const text = words(await page(viewId))
    assert.match(text, /Restart a service/)
    assert.match(text, /the action changed after it was asked for/i)
  } finally {
    await writeFile(path, before)
    await door.world.issuer.reload()
  }
})

test('a link opened by somebody else who is signed in offers no act, and leads him to his own; in the sandbox one person plays all', async (t) => {
  const { world } = door
  const { approver, requestId } = await confirmed()
  const bo = await door.signIn('bo')
  const stranger = await page(approver, bo)
  assert.match(words(stranger), /This link was made for Ana Lindqvist . You are signed in as Bo Tanaka/)
  assert.doesNotMatch(stranger, /data-do="(?:approve|deny)"/)
  assert.match(words(stranger), /ask whoever sent it for a link of your own/)
  const own = await door.link(requestId, 'bo')
  assert.match(await page(approver, bo), new RegExp(`href="/r/${own}"`))
  assert.match(await page(approver), /data-do="approve"/)

  const sandbox = await openDoors(t, { ctx: world.ctx, sandbox: { people: [], simulates: () => true } })
  const played = (await sandbox.get(`/r/${approver}`, { cookie: bo })).body
  assert.match(played, /data-do="approve"/)
})
