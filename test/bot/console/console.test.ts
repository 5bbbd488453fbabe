import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { buildBot } from '../../../src/bot/app.ts'
import { startClockwork } from '../../../src/issuer/clockwork.ts'
import { type Bend, openOidc } from '../../support/oidc.ts'
import { ask, claim, confirm, decide, newHolder, openWorld, type World } from '../../support/world.ts'

const PUBLIC = 'http://localhost:3000'
const cleanups: (() => Promise<void> | void)[] = []
let world: World
let oidc: Awaited<ReturnType<typeof openOidc>>
let app: FastifyInstance
before(async () => {
  const t = { after: (work: () => Promise<void> | void) => void cleanups.unshift(work) }
  world = await openWorld(t)
  oidc = await openOidc(t, world.bot.realm)
  const bot = buildBot({ ctx: world.bot, slack: undefined, publicUrl: PUBLIC, issuerUrl: oidc.origin, log: world.bot.log })
  app = bot.app
  bot.startWorker()
  const clockwork = startClockwork(world.ctx)
  t.after(async () => {
    await clockwork.stop()
    await app.close()
  })
})
after(async () => {
  for (const work of cleanups) await work()
})

type Jar = Map<string, string>
async function go(
  jar: Jar,
  method: 'GET' | 'POST',
  url: string,
  form?: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const options: InjectOptions = {
    method,
    url,
    headers: {
      host: 'localhost:3000',
      cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: PUBLIC }),
      ...headers,
    },
    ...(form && { payload: new URLSearchParams(form).toString() }),
  }
  const answer = await app.inject(options)
  for (const { name, value } of answer.cookies) value === '' ? jar.delete(name) : jar.set(name, value)
  return answer
}

/** Begins to sign in; answers where the browser was sent. */
async function begin(jar: Jar, to = '/'): Promise<string> {
  const answer = await go(jar, 'GET', `/sign-in?to=${encodeURIComponent(to)}`)
  assert.equal(answer.statusCode, 303)
  return String(answer.headers.location)
}
async function signIn(person: string, bend: Bend = {}, to = '/') {
  const jar: Jar = new Map()
  const returned = oidc.authorize(await begin(jar, to), person, bend)
  const answer = await go(jar, 'GET', `/signed-in?${new URLSearchParams(returned)}`)
  return { jar, answer }
}
const tokenOf = (html: string): string => /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? ''

test('without a session there is a way to sign in and nothing else', async () => {
  const answer = await go(new Map(), 'GET', '/')
  assert.match(answer.body, /Sign in with your key/)
  assert.equal((await go(new Map(), 'GET', '/audit')).statusCode, 401)
  assert.equal((await go(new Map(), 'POST', '/ask', { form_token: 'x' })).statusCode, 401)
})

test('a person signs in with the issuer’s token, sees their own pages, and signs out', async () => {
  const { jar, answer } = await signIn('rey', {}, '/ask')
  assert.deepEqual([answer.statusCode, answer.headers.location], [303, '/ask'])
  const set = String(answer.headers['set-cookie'])
  assert.match(set, /countersign_bot_session=[^;]+; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax/)
  const stored = await world.bot.db.selectFrom('bot_session').selectAll().execute()
  assert.ok(
    !JSON.stringify(stored).includes(jar.get('countersign_bot_session') ?? 'none'),
    'the database does not know the token',
  )
  const page = await go(jar, 'GET', '/')
  assert.match(page.body, /Signed in as <bdi class="value">Rey Okafor/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  const token = tokenOf(page.body)
  assert.equal((await go(jar, 'POST', '/sign-out', { form_token: token })).statusCode, 303)
  assert.match((await go(jar, 'GET', '/')).body, /Sign in with your key/)
})

const FORGED: readonly (readonly [string, Bend])[] = [
  ['another nonce', { claims: { nonce: 'another' } }],
  ['another audience', { claims: { aud: 'somebody-else' } }],
  ['another issuer, with the same key', { claims: { iss: 'https://evil.example/oidc' } }],
  ['another realm', { claims: { realm: 'prod:00000000000000000000000000' } }],
  ['the type of an access token', { header: { typ: 'at+jwt' } }],
  ['a key that the issuer does not publish', { foreignKey: true }],
  ['an age of an hour', { age: 3600 }],
  ['a person that is no name', { claims: { sub: '../rey' } }],
]
for (const [what, bend] of FORGED) {
  test(`an ID token with ${what} signs nobody in`, async () => {
    const { jar, answer } = await signIn('rey', bend)
    assert.equal(answer.statusCode, 403)
    assert.match((await go(jar, 'GET', '/')).body, /Sign in with your key/)
  })
}

test('a code that another browser began, or that is brought twice, signs nobody in', async () => {
  const victim: Jar = new Map()
  const attacker: Jar = new Map()
  const returned = oidc.authorize(await begin(attacker), 'rey')
  await begin(victim)
  assert.equal((await go(victim, 'GET', `/signed-in?${new URLSearchParams(returned)}`)).statusCode, 403)
  assert.equal((await go(new Map(), 'GET', `/signed-in?${new URLSearchParams(returned)}`)).statusCode, 403)
  const jar: Jar = new Map()
  const once = oidc.authorize(await begin(jar), 'rey')
  const kept = new Map(jar)
  assert.equal((await go(jar, 'GET', `/signed-in?${new URLSearchParams(once)}`)).statusCode, 303)
  assert.equal((await go(kept, 'GET', `/signed-in?${new URLSearchParams(once)}`)).statusCode, 403)
})

test('somebody with a key but without a place in the directory is not signed in', async () => {
  assert.equal((await signIn('mallory')).answer.statusCode, 403)
})

test('nobody can be sent on to another place by the link to sign in', async () => {
  for (const to of ['//evil.example', 'https://evil.example', '/\\evil.example', '/ask@evil'])
    assert.equal((await signIn('rey', {}, to)).answer.headers.location, '/', to)
})

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
  await until(async () => (await go(jar, 'GET', '/')).body.includes('Confirm with your key'))
  assert.ok((await go(jar, 'GET', '/')).body.includes(String(right.headers.location)))
})

test('an approver without Slack finds what waits for her, and what is decided no longer does', async () => {
  const { jar } = await signIn('ana')
  const { intent, checkCode } = await ask(world)
  assert.ok(!(await go(jar, 'GET', '/')).body.includes(checkCode), 'nobody is asked before the tap')
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  await until(async () => (await go(jar, 'GET', '/')).body.includes(checkCode))
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
  await until(async () => (await go(jar, 'GET', '/')).body.includes('Access is active until'))
  const page = (await go(jar, 'GET', '/')).body
  assert.ok(page.includes(checkCode))
  const done = await go(jar, 'POST', '/wish', { form_token: tokenOf(page), kind: 'return', request: requestId })
  assert.match(done.body, /Given back\./)
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
  await until(async () => (await overview(ana)).includes(checkCode))

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
  assert.match(told.body, /Mira Castellanos<\/bdi> objected: “<bdi class="value">the booking run/)
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

test('an administrator sees who may decide and has no key, with what to send them; nobody else does', async () => {
  const keys = (status: 'active' | 'suspended') =>
    world.ctx.db.updateTable('passkey').set({ status }).where('person', '=', 'bo').execute()
  await keys('suspended')
  const { jar: mira } = await signIn('mira')
  const { jar: rey } = await signIn('rey')
  const page = (await go(mira, 'GET', '/')).body
  assert.match(page, /Approvers without a key/)
  assert.match(page, /Bo Tanaka/)
  assert.ok(page.includes(`${oidc.origin}/enrol`))
  assert.doesNotMatch((await go(rey, 'GET', '/')).body, /without a key/)
  await keys('active')
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

test('a session ends after a quarter of an hour without use, and after eight hours in any case', async () => {
  for (const [column, ago] of [
    ['used_at', 16 * 60_000],
    ['expires_at', 1000],
  ] as const) {
    const { jar } = await signIn('theo')
    assert.equal((await go(jar, 'GET', '/audit')).statusCode, 200)
    await world.bot.db
      .updateTable('bot_session')
      .set({ [column]: new Date(Date.now() - ago) })
      .where('person', '=', 'theo')
      .execute()
    assert.equal((await go(jar, 'GET', '/audit')).statusCode, 401)
  }
})

test('the log is for auditors and administrators; who looked, or tried to, is an entry', async () => {
  const searched = async (actor: string) =>
    (
      await world.bot.db
        .selectFrom('entry')
        .select('bytes')
        .where('type', '=', 'log.searched')
        .where('actor', '=', actor)
        .execute()
    ).map(({ bytes }) => JSON.parse(bytes.toString('utf8').split('\n')[1] ?? ''))
  const { jar: rey } = await signIn('rey')
  const refused = await go(rey, 'GET', '/audit?type=grant.')
  assert.equal(refused.statusCode, 403)
  assert.doesNotMatch(refused.body, /<table>/)
  assert.deepEqual(await searched('rey'), [{ permitted: false, type: 'grant.', v: 1 }])
  const { jar: mira } = await signIn('mira')
  assert.equal((await go(mira, 'GET', '/audit')).statusCode, 200)
  const { jar: theo } = await signIn('theo')
  const before = (await searched('theo')).length
  const found = await go(theo, 'GET', '/audit?type=request.proposed&actor=rey')
  assert.match(found.body, /<td>request\.proposed<br>/)
  assert.doesNotMatch(found.body, /<td>request\.adopted<br>/)
  assert.equal((await searched('theo')).length, before + 1)
  assert.equal((await go(theo, 'GET', "/audit?type='; drop")).statusCode, 400)
  assert.equal((await go(theo, 'GET', '/audit?limit=9')).statusCode, 400)
})

test('the pages of the log follow each other without a gap or a repetition', async () => {
  const { jar } = await signIn('theo')
  for (let index = 0; index < 60; index += 1) await go(jar, 'GET', '/audit?type=nothing.')
  const ids: string[] = []
  let url: string | undefined = '/audit?type=log.searched&actor=theo'
  while (url !== undefined) {
    const page: string = (await go(jar, 'GET', url)).body
    ids.push(...[...page.matchAll(/<time datetime="([^"]+)"/g)].map(([, time]) => String(time)))
    const next: string | undefined = /<a class="button" href="(\/audit\?[^"]+)">Older/.exec(page)?.[1]
    url = next?.replaceAll('&#38;', '&')
  }
  assert.ok(ids.length >= 60)
  assert.deepEqual(ids, [...ids].sort().reverse())
  const expected = await world.bot.db
    .selectFrom('entry')
    .select('id')
    .where('type', '=', 'log.searched')
    .where('actor', '=', 'theo')
    .where('recorded_at', '<=', new Date(ids[0] ?? 0))
    .execute()
  assert.ok(Math.abs(expected.length - ids.length) <= 1, `${expected.length} stored, ${ids.length} shown`)
})

test('a discovery document that leads to another origin is not followed', async (t) => {
  const other = await openOidc({ after: (work) => t.after(work) }, world.bot.realm)
  other.bendDiscovery({ token_endpoint: 'http://localhost:9/token' })
  const bot = buildBot({ ctx: world.bot, slack: undefined, publicUrl: PUBLIC, issuerUrl: other.origin, log: world.bot.log })
  t.after(() => bot.app.close())
  const answer = await bot.app.inject({ method: 'GET', url: '/sign-in', headers: { host: 'localhost:3000' } })
  assert.equal(answer.statusCode, 502)
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.match(answer.body, /does not answer, so nobody can sign in/)
})

test('health tells whether it can work, and an unknown path nothing', async () => {
  assert.equal((await go(new Map(), 'GET', '/healthz')).statusCode, 200)
  assert.equal((await go(new Map(), 'GET', '/readyz')).json().ready, true)
  assert.equal((await go(new Map(), 'GET', '/nothing')).statusCode, 404)
})

async function until(look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await look())) assert.ok(Date.now() < deadline, 'it did not happen within ten seconds')
}
