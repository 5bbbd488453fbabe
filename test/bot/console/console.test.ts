// What people do on the console, which is all that Slack offers: ask, decide what to open, object, give back.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Jar, openConsole, tokenOf } from '../../support/console.ts'
import { withNewcomer } from '../../support/newcomer.ts'
import { until } from '../../support/until.ts'
import { ask, claim, confirm, decide, newHolder } from '../../support/world.ts'

const { world, oidc, go, signIn } = await openConsole({ after }, { runbooks: withNewcomer('noa', { name: 'Noa Reyes' }) })

test('asking without Slack and without JavaScript leads to the signing page, and then waits on the overview', async () => {
  const { jar } = await signIn('rey')
  assert.match((await go(jar, 'GET', '/ask')).body, /href="\/ask\?action=service\.restart"/)
  const page = (await go(jar, 'GET', '/ask?action=service.restart')).body
  const form = {
    form_token: tokenOf(page),
    id: /name="id" value="([^"]+)"/.exec(page)?.[1] ?? '',
    action: 'service.restart',
    lease: '900',
  }
  const wrong = await go(jar, 'POST', '/ask', { ...form, reason: 'x', 'p.service': 'payments' })
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /id="p\.service-problem">Service: is not one of payments-api/)
  assert.match(wrong.body, /id="reason-problem">Reason: say in a few words/)
  const right = await go(jar, 'POST', '/ask', { ...form, reason: '<b>INC-4211</b>', 'p.service': 'payments-api' })
  assert.equal(right.statusCode, 303)
  assert.match(String(right.headers.location), new RegExp(`^${oidc.origin}/r/[0-7][0-9a-hjkmnp-tv-z]{25}$`))
  const again = await go(jar, 'POST', '/ask', { ...form, reason: '<b>INC-4211</b>', 'p.service': 'payments-api' })
  assert.equal(again.headers.location, right.headers.location, 'the same form is the same request')
  await until('what was done to be seen', async () => (await go(jar, 'GET', '/')).body.includes('Confirm with your key'))
  assert.ok((await go(jar, 'GET', '/')).body.includes(String(right.headers.location)))
})

test('an approver without Slack finds what waits for her, and what is decided no longer does', async () => {
  const { jar } = await signIn('ana')
  const { intent, checkCode } = await ask(world)
  assert.ok(!(await go(jar, 'GET', '/')).body.includes(checkCode), 'nobody is asked before the tap')
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  await until('what was done to be seen', async () => (await go(jar, 'GET', '/')).body.includes(checkCode))
  assert.ok((await decide(world, intent, 'ana')).ok)
  const waiting = (await go(jar, 'GET', '/')).body.split('id="access"')[0] ?? ''
  assert.ok(!waiting.includes(checkCode), 'what she has decided does not wait for her any more')
})

test('a grant stands on the overview with its end, and is given back there', async () => {
  const { jar } = await signIn('rey')
  const { intent, requestId, checkCode } = await ask(world)
  const holder = await newHolder()
  assert.ok((await confirm(world, intent, holder)).ok)
  assert.ok((await decide(world, intent, 'ana')).ok)
  assert.ok((await claim(world, intent, holder)).ok)
  await until('what was done to be seen', async () => (await go(jar, 'GET', '/')).body.includes('Access is active until'))
  const page = (await go(jar, 'GET', '/')).body
  assert.ok(page.includes(checkCode))
  const receipt = `href="${oidc.origin}/receipts/${requestId}"`
  assert.ok(!page.includes(receipt), 'what lives is not over')
  const done = await go(jar, 'POST', '/wish', { form_token: tokenOf(page), kind: 'return', request: requestId })
  assert.match(done.body, /Given back\./)
  assert.ok((await go(jar, 'GET', '/')).body.includes(receipt))
  const twice = await go(jar, 'POST', '/wish', { form_token: tokenOf(page), kind: 'cancel', request: requestId })
  assert.match(twice.body, /has already been used/)
})

test('all that Slack offers is done on the console: ask again, the same for a colleague, object with a reason, lift, open', async () => {
  const { jar: rey } = await signIn('rey')
  const { jar: ana } = await signIn('ana')
  const { jar: mira } = await signIn('mira')
  const { intent, requestId, checkCode } = await ask(world, { reason: 'INC-4211: <b>payments</b>' })
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  const overview = async (jar: Jar) => (await go(jar, 'GET', '/')).body
  await until('what was done to be seen', async () => (await overview(ana)).includes(checkCode))

  const same = await go(ana, 'GET', `/ask?same=${requestId}`)
  assert.match(same.body, /The same as Rey Okafor asked in/)
  assert.match(same.body, /INC-4211: &#60;b&#62;payments/)
  const form = (page: string) => ({
    form_token: tokenOf(page),
    id: /name="id" value="([^"]+)"/.exec(page)?.[1] ?? '',
    action: 'service.restart',
    lease: '900',
    after: /name="after" value="([^"]+)"/.exec(page)?.[1] ?? '',
    how: /name="how" value="([^"]+)"/.exec(page)?.[1] ?? '',
    reason: 'mine too',
    'p.service': 'payments-api',
  })
  assert.equal((await go(ana, 'POST', '/ask', form(same.body))).statusCode, 303)
  const follows = () =>
    world.bot.db.selectFrom('follows').select('how').where('earlier', '=', requestId).orderBy('how', 'desc').execute()
  assert.deepEqual(await follows(), [{ how: 'same' }])
  const { jar: bo } = await signIn('bo')
  assert.match((await go(bo, 'GET', `/ask?same=${requestId}`)).body, /Only members of on-call may ask for this/)

  const held = await go(mira, 'POST', '/wish', { form_token: tokenOf(await overview(mira)), kind: 'object', request: requestId })
  assert.match(held.body, /Your objection holds this request/)
  const wish = /name="wish" value="([^"]+)"/.exec(held.body)?.[1] ?? ''
  assert.equal((await go(mira, 'POST', '/explain', { form_token: tokenOf(held.body), wish, why: 'x' })).statusCode, 422)
  const foreign = await go(ana, 'POST', '/explain', { form_token: tokenOf(await overview(ana)), wish, why: 'not mine' })
  assert.match(foreign.body, /Only the person who objected/)
  const told = await go(mira, 'POST', '/explain', { form_token: tokenOf(held.body), wish, why: 'the booking run' })
  assert.match(told.body, /Mira Castellanos<\/bdi> objected: “<bdi>the booking run/)
  assert.match(await overview(rey), /the booking run/)
  const opened = await go(mira, 'POST', '/open', { form_token: tokenOf(held.body), request: requestId })
  assert.match(String(opened.headers.location), new RegExp(`^${oidc.origin}/r/`))
  const lifted = await go(mira, 'POST', '/wish', { form_token: tokenOf(held.body), kind: 'lift', request: requestId })
  assert.match(lifted.body, /Your objection is lifted/)

  await go(rey, 'POST', '/wish', { form_token: tokenOf(await overview(rey)), kind: 'cancel', request: requestId })
  assert.match(await overview(rey), new RegExp(`href="/ask\\?again=${requestId}">Ask again`))
  const again = await go(rey, 'GET', `/ask?again=${requestId}`)
  assert.match(again.body, /As you asked in/)
  assert.equal((await go(rey, 'POST', '/ask', form(again.body))).statusCode, 303)
  assert.deepEqual(await follows(), [{ how: 'same' }, { how: 'again' }])
  assert.match((await go(ana, 'GET', `/ask?again=${requestId}`)).body, /Only the person who asked can do that/)
})

test('an administrator sees who may decide and has no key that works, or never had one, with what to send them; nobody else does', async () => {
  const keys = (status: 'active' | 'suspended') =>
    world.ctx.db.updateTable('passkey').set({ status }).where('person', '=', 'bo').execute()
  await keys('suspended')
  const { jar: mira } = await signIn('mira')
  const { jar: rey } = await signIn('rey')
  const page = (await go(mira, 'GET', '/')).body
  assert.match(page, /Approvers without a working key/)
  assert.match(page, /Without one: <bdi[^>]*>Bo Tanaka<.*, <bdi[^>]*>Noa Reyes</)
  assert.ok(page.includes(`${oidc.origin}/enrol`))
  assert.doesNotMatch((await go(rey, 'GET', '/')).body, /without a working key/)
  await keys('active')
  assert.match((await go(mira, 'GET', '/')).body, /Without one: <bdi[^>]*>Noa Reyes</, 'she alone never had one')
})

test('an approver whose only key is copied between devices, or has lain for 90 days, is named to administrators as well', async () => {
  const { db } = world.ctx
  const mine = db.selectFrom('passkey').selectAll().where('person', '=', 'bo')
  const { device_bound, used_at, enrolled_at } = await mine.executeTakeFirstOrThrow()
  const change = (to: { device_bound?: boolean; used_at?: Date | null; enrolled_at?: Date }) =>
    db.updateTable('passkey').set(to).where('person', '=', 'bo').execute()
  const { jar: mira } = await signIn('mira')
  const named = async (words: RegExp) => assert.match((await go(mira, 'GET', '/')).body, words)
  const ago = (days: number) => new Date(world.ctx.now().getTime() - days * 86_400_000)
  await change({ device_bound: false })
  await named(/With none of a kind that is accepted: <bdi[^>]*>Bo Tanaka/)
  await change({ device_bound: true, used_at: ago(91), enrolled_at: ago(400) })
  await named(/used in 90 days; a sign-in with it is enough: <bdi[^>]*>Bo Tanaka/)
  await change({ used_at: ago(89) })
  const [, list = ''] = (await go(mira, 'GET', '/')).body.split('id="keyless"')
  assert.match(list, /Noa Reyes/)
  assert.doesNotMatch(list.split('</section>')[0] ?? '', /Bo Tanaka/)
  await change({ device_bound, used_at, enrolled_at })
})

test('a form from another page, another session or an old one changes nothing', async () => {
  const { jar } = await signIn('rey')
  const other = await signIn('ana')
  const { requestId } = await ask(world)
  const token = tokenOf((await go(jar, 'GET', '/')).body)
  const foreign = tokenOf((await go(other.jar, 'GET', '/')).body)
  const form = { kind: 'cancel', request: requestId }
  const wishes = async () =>
    (await world.bot.db.selectFrom('wish').select('id').where('request_id', '=', requestId).execute()).length
  for (const [given, headers] of [
    [{ ...form, form_token: token }, { origin: 'https://evil.example' }],
    [{ ...form, form_token: token }, { origin: 'null' }],
    [{ ...form, form_token: token }, { origin: 'http://localhost:3001' }],
    [{ ...form, form_token: foreign }, {}],
    [form, {}],
  ] as const)
    assert.equal((await go(jar, 'POST', '/wish', given, headers)).statusCode, 403)
  assert.equal(await wishes(), 0)
  assert.equal((await go(jar, 'POST', '/wish', { ...form, form_token: token })).statusCode, 200)
  assert.equal(await wishes(), 1)
})

test('health tells whether it can work, and an unknown path nothing', async () => {
  assert.equal((await go(new Map(), 'GET', '/healthz')).statusCode, 200)
  assert.equal((await go(new Map(), 'GET', '/readyz')).json().ready, true)
  assert.equal((await go(new Map(), 'GET', '/nothing')).statusCode, 404)
})
