// A first key enrolled by a sign-in at a provider, at the issuer's doors and before a real provider: what it takes, what it gives, and everything by which
// one person's sign-in could enrol another person's key.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { LightMyRequestResponse as Response } from 'fastify'
import { findContinuation } from '../../../src/db/passkeys.ts'
import { roundCookies } from '../../../src/issuer/oidc/round-cookies.ts'
import { makeNonce } from '../../../src/passkeys/nonce.ts'
import { openDoors } from '../../support/issuer-app.ts'
import { openProviderOffice } from '../../support/provider-rounds.ts'
import { ORIGIN } from '../../support/world.ts'

const office = await openProviderOffice({ after })
const { real, world, doors } = office
const { ctx } = world

/** What a door said no with. */
function noOf(response: Response): string {
  const { reason, check, words } = response.json<{ reason: string; check?: string; words: string }>()
  assert.ok(response.statusCode >= 400 && words.length > 10, response.body)
  if (reason === 'provider_refused') assert.match(words, /\(Reference [\w-]+\.\)$/)
  return check ?? reason
}
const hasKey = async (person: string) => (await office.passkeysOf(person)).length > 0
/** A person who has registered a key in a fresh browser. */
async function registered(person: string, copies = false) {
  const browser = office.browser()
  const proved = await browser.register(person, copies)
  assert.equal(proved.statusCode, 200, proved.body)
  return { ...browser, provider: proved.json<{ provider?: string }>().provider }
}

describe('a person who registers a first key and signs in at the provider', () => {
  test('has it enrolled: the chain says that issuer and provider alone vouch for it, and it can only ask', async () => {
    const nia = await registered('nia')
    assert.equal(nia.provider, new URL(real.issuer).host)
    const done = await nia.signIn({ account: 'u-nia' })
    assert.equal(done.statusCode, 200, done.body)
    assert.deepEqual(done.json(), { person: 'nia' })
    const [known, ...others] = await office.passkeysOf('nia')
    assert.deepEqual([known?.status, known?.inFull, others.length], ['active', false, 0])
    const link = (await findContinuation(ctx.db, { era: 1, sequence: 0, head: '' }))?.at(-1)?.link
    assert.deepEqual(link?.statements, [])
    const vouch = JSON.parse(Buffer.from(link?.vouch?.body ?? '', 'base64url').toString())
    assert.deepEqual([vouch.issuer, vouch.client_id, vouch.subject.length], [real.issuer, 'countersign', 43])
    assert.ok(Math.abs(Date.now() / 1000 - vouch.auth_time) < 60)
  })

  test('leaves no account, code or token behind, in chain, log or database', async () => {
    const oto = await registered('oto')
    const back = await real.visit(await oto.begin(), { account: 'u-oto' })
    assert.equal((await oto.bring(back)).statusCode, 200)
    const all = await kept()
    assert.ok(all.includes('directory.changed') && all.includes(real.issuer))
    for (const secret of ['u-oto', back.searchParams.get('code') ?? '', back.searchParams.get('state') ?? ''])
      assert.ok(!all.includes(secret), secret)
  })

  test('loses nothing when others change the directory in the meantime', async () => {
    const [pia, quin] = [await registered('pia'), await registered('quin')]
    const [first, second] = [await pia.begin(), await quin.begin()]
    const [piaBack, quinBack] = await Promise.all([
      real.visit(first, { account: 'u-pia' }),
      real.visit(second, { account: 'u-quin' }),
    ])
    const done = await Promise.all([pia.bring(piaBack), quin.bring(quinBack)])
    assert.deepEqual(
      done.map(({ statusCode }) => statusCode),
      [200, 200],
    )
    assert.ok((await hasKey('pia')) && (await hasKey('quin')))
  })

  test('finds the offer again on the page, until the key is enrolled', async () => {
    const ras = await registered('ras')
    assert.match((await ras.page('/enrol')).body, /data-do="vouch"[^>]*>Sign in with <span data-provider>[^\n]*127\.0\.0\.1:/)
    assert.doesNotMatch((await ras.page('/enrol')).body, /id="provider" hidden/)
    assert.match((await office.browser().page('/enrol')).body, /id="provider" hidden/)
    assert.equal((await ras.signIn({ account: 'u-ras' })).statusCode, 200)
    assert.match((await ras.page('/enrol')).body, /id="provider" hidden/)
  })
})

describe('nothing is enrolled', () => {
  test('for somebody else than the person for whom the key was registered, and the log says who tried', async () => {
    const thief = await registered('sol')
    assert.equal(noOf(await thief.signIn({ account: 'u-tam' })), 'other_person')
    assert.equal(noOf(await (await registered('sol')).signIn({ account: 'u-stranger' })), 'other_person')
    assert.equal(await hasKey('sol'), false)
    assert.match(await kept(), /^tam [^\n]*passkey\.vouch_refused/m)
  })

  test('in a browser that did not begin: the link of a thief brings the sign-in of his victim to nobody', async () => {
    const thief = await registered('tam')
    const link = await thief.begin()
    // The victim follows it, signs in as asked, and comes back in a browser of her own.
    const back = await real.visit(link, { account: 'u-tam' })
    assert.equal(noOf(await office.browser().bring(back)), 'not_begun_here')
    const victim = await registered('tam')
    assert.equal(noOf(await victim.bring(back)), 'not_begun_here')
    await victim.begin()
    assert.equal(noOf(await victim.bring(back)), 'other_round')
    assert.equal(await hasKey('tam'), false)
  })

  test('without a key proved in this very browser: nobody can be sent to the provider from outside', async () => {
    const victim = office.browser()
    assert.equal(noOf(await victim.post('/v1/provider/rounds', {})), 'not_begun_here')
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      assert.equal(noOf(await doors.post('/v1/provider/rounds', {}, headers)), 'wrong_origin')
    assert.equal((await doors.get('/v1/provider/rounds')).statusCode, 404)
  })

  test('by a code of another browser’s round: the verifier is not its own', async () => {
    const [thief, victim] = [await registered('uma'), await registered('uma')]
    const [mine, hers] = [await thief.begin(), await victim.begin()]
    const stolen = await real.visit(hers, { account: 'u-uma' })
    const own = await real.visit(mine, { account: 'u-vic' })
    const code = stolen.searchParams.get('code') ?? ''
    assert.equal(noOf(await thief.bring(own, { code })), 'code')
    assert.equal(await hasKey('uma'), false)
  })

  test('by a token for another key of the same person: the nonce names the key', async () => {
    const [one, other] = [await registered('vic'), await registered('vic')]
    const asked = new URL(await one.begin())
    const nonce = new URL(await other.begin()).searchParams.get('nonce') ?? ''
    asked.searchParams.set('nonce', nonce)
    assert.equal(noOf(await one.bring(await real.visit(asked.href, { account: 'u-vic' }))), 'nonce')
    assert.equal(await hasKey('vic'), false)
  })

  test('twice: neither the same answer nor another code for the same state', async () => {
    const wyn = await registered('wyn')
    const round = wyn.jar.size
    const location = await wyn.begin()
    const kept = new Map(wyn.jar)
    assert.equal(kept.size, round + 1)
    const [first, second] = [await real.visit(location, { account: 'u-vic' }), await real.visit(location, { account: 'u-wyn' })]
    assert.equal(noOf(await wyn.bring(first)), 'other_person')
    assert.equal(noOf(await wyn.bring(second)), 'used')
    // With the cookie put back, too.
    for (const [name, value] of kept) wyn.jar.set(name, value)
    assert.equal(noOf(await wyn.bring(second)), 'used')
    assert.equal(await hasKey('wyn'), false)
  })

  test('by many posts of one answer at once more than once', async () => {
    const wyn = await registered('wyn')
    const back = await real.visit(await wyn.begin(), { account: 'u-wyn' })
    const kept = new Map(wyn.jar)
    const posts = Array.from({ length: 5 }, () => {
      const tab = office.browser()
      for (const [name, value] of kept) tab.jar.set(name, value)
      return tab.bring(back)
    })
    const done = await Promise.all(posts)
    assert.deepEqual(done.map(({ statusCode }) => statusCode).toSorted(), [200, 403, 403, 403, 403])
    assert.equal((await office.passkeysOf('wyn')).length, 1)
  })

  test('by an answer of another provider, or of none where the provider says who it is', async () => {
    const ada = await registered('ada')
    const back = await real.visit(await ada.begin(), { account: 'u-ada' })
    assert.equal(noOf(await ada.bring(back, { iss: 'https://evil.example' })), 'other_provider')
    const again = await real.visit(await ada.begin(), { account: 'u-ada' })
    assert.equal(noOf(await ada.bring(again, { iss: undefined })), 'other_provider')
    assert.equal(await hasKey('ada'), false)
  })

  test('by an older sign-in, even if the address was bent so that the provider lets it pass', async () => {
    const ben = await registered('ben')
    const url = new URL(await ben.begin())
    url.searchParams.set('max_age', '86400')
    const at = new Date(Date.now() - 600_000)
    assert.equal(noOf(await ben.bring(await real.visit(url.href, { account: 'u-ben', at }))), 'auth_time_old')
  })

  test('when the person walks away there, and nothing of what the provider says of it is repeated', async () => {
    const cai = await registered('cai')
    const back = await real.visit(await cai.begin(), { account: 'u-cai', gives: 'up' })
    const answered = await cai.bring(back)
    assert.equal(noOf(answered), 'declined')
    assert.doesNotMatch(answered.body, /access_denied|<b>/)
  })

  test('by a cookie that was bent, made by somebody else, or made for something else', async () => {
    const dov = await registered('dov')
    const location = await dov.begin()
    const back = await real.visit(location, { account: 'u-dov' })
    const name = [...dov.jar.keys()].find((each) => each.includes('round')) ?? ''
    const [body = '', mac = ''] = (dov.jar.get(name) ?? '').split('.')
    const said = JSON.parse(Buffer.from(body, 'base64url').toString())
    const bent = Buffer.from(JSON.stringify({ ...said, person: 'nia' })).toString('base64url')
    const proved = [...dov.jar].find(([each]) => each.includes('proved'))?.[1] ?? ''
    for (const value of [`${bent}.${mac}`, `${body}.${'A'.repeat(43)}`, body, '', `${body}.${mac}.`, proved]) {
      const thief = office.browser()
      thief.jar.set(name, value)
      assert.equal(noOf(await thief.bring(back)), 'not_begun_here', value)
    }
  })

  test('by an answer that is in no form, or a state that nobody gave out', async () => {
    const eli = await registered('eli')
    await eli.begin()
    for (const body of [{}, { state: 'x' }, { code: 'c' }, { code: 'c', state: 's', error: 'e' }, { code: ['c'], state: 's' }])
      assert.equal(noOf(await eli.post('/v1/provider/answers', body)), 'malformed')
    const state = makeNonce(ctx.nonceKey, ctx.now())
    assert.equal(noOf(await eli.post('/v1/provider/answers', { code: 'c', state })), 'other_round')
  })
})

describe('only administrators enrol', () => {
  test('a second key: a provider’s word does not go past one that an administrator has looked at', async () => {
    const rey = await registered('rey')
    assert.equal(rey.provider, undefined)
    const nia = await registered('nia')
    assert.equal(nia.provider, undefined)
    assert.equal(noOf(await nia.post('/v1/provider/rounds', {})), 'not_begun_here')
  })

  test('a key of somebody of whom the directory does not say who that is at the provider', async () => {
    assert.equal((await registered('nobody')).provider, undefined)
  })

  test('a key that an administrator has turned down while its person signed in', async () => {
    const fay = await registered('fay')
    const back = await real.visit(await fay.begin(), { account: 'u-fay' })
    await ctx.db.updateTable('registration').set({ ended_at: new Date() }).where('person', '=', 'fay').execute()
    assert.equal(noOf(await fay.bring(back)), 'unknown_registration')
    assert.equal(await hasKey('fay'), false)
  })

  test('a key of a kind that the rules have stopped to take while its person signed in', async () => {
    const gil = await registered('gil', true)
    const back = await real.visit(await gil.begin(), { account: 'u-gil' })
    const file = join(world.runbooksDir, 'directory.yaml')
    const before = readFileSync(file, 'utf8')
    const stricter = before.replace('keys: {', 'keys: { accept: { requesters: device_bound },')
    assert.notEqual(stricter, before)
    writeFileSync(file, stricter)
    await world.issuer.reload()
    assert.equal(noOf(await gil.bring(back)), 'passkey_not_accepted')
    writeFileSync(file, before)
    await world.issuer.reload()
    assert.equal(await hasKey('gil'), false)
    assert.equal((await gil.signIn({ account: 'u-gil' })).statusCode, 200)
  })

  test('from when the provider is admitted no longer, and a round that has begun ends there', async () => {
    const tam = await registered('tam')
    const back = await real.visit(await tam.begin(), { account: 'u-tam' })
    await office.admit('withdraw')
    assert.equal(noOf(await tam.bring(back)), 'only_administrators')
    assert.equal((await registered('uma')).provider, undefined)
    assert.equal(await hasKey('tam'), false)
    await office.admit()
    assert.equal((await tam.signIn({ account: 'u-tam' })).statusCode, 200)
  })
})

test('where ways of signing in are demanded a weaker one enrols nothing, and the person is told', async (t) => {
  const strict = await openProviderOffice(t, { acrValues: ['urn:mfa'] })
  const browser = strict.browser()
  await browser.register('nia')
  for (const acr of ['urn:password', undefined]) {
    const answered = await browser.signIn({ account: 'u-nia', ...(acr && { acr }) })
    assert.equal(noOf(answered), 'acr')
    assert.match(answered.body, /weaker way/)
  }
  assert.equal((await browser.signIn({ account: 'u-nia', acr: 'urn:mfa' })).statusCode, 200)
  const link = (await findContinuation(strict.world.ctx.db, { era: 1, sequence: 0, head: '' }))?.at(-1)?.link
  assert.equal(JSON.parse(Buffer.from(link?.vouch?.body ?? '', 'base64url').toString()).acr, 'urn:mfa')
})

test('a provider that goes away in between enrols nothing, and the person is told to come back', async (t) => {
  const brief = await openProviderOffice(t)
  const browser = brief.browser()
  await browser.register('nia')
  const back = await brief.real.visit(await browser.begin(), { account: 'u-nia' })
  brief.real.close()
  const answered = await browser.bring(back)
  assert.deepEqual([noOf(answered), answered.statusCode], ['silent', 503])
  assert.match(answered.body, /does not answer/)
})

test('a provider that no administrator has signed for enrols nobody, whatever the configuration says', async (t) => {
  const early = await openProviderOffice(t, { admitted: false })
  const browser = early.browser()
  const proved = await browser.register('nia')
  assert.equal(proved.json<{ provider?: string }>().provider, undefined)
  assert.equal(noOf(await browser.post('/v1/provider/rounds', {})), 'not_begun_here')
})

test('the page that the provider sends people back to changes nothing and repeats nothing', async () => {
  const vic = await registered('vic')
  const back = await real.visit(await vic.begin(), { account: 'u-vic' })
  const page = await vic.page(`${back.pathname}${back.search}`)
  assert.equal(page.statusCode, 200)
  assert.ok(!page.body.includes(back.searchParams.get('code') ?? ''))
  assert.equal(await hasKey('vic'), false)
  assert.equal((await vic.bring(back)).statusCode, 200, 'and the answer is still good')
})

test('without a provider there are no such doors', async (t) => {
  const plain = await openDoors(t, {}, world)
  for (const path of ['/v1/provider/rounds', '/v1/provider/answers']) assert.equal((await plain.post(path, {})).statusCode, 404)
  assert.equal((await plain.get('/oidc/return')).statusCode, 404)
})

test('cookies of a round are for the issuer’s own pages alone, and bound to its host over https', async () => {
  const set: [string, string, object][] = []
  const reply = { setCookie: (name: string, value: string, options: object) => void set.push([name, value, options]) }
  const who = { person: 'nia', passkey: 'p'.repeat(43) }
  for (const origin of ['https://issuer.example', ORIGIN])
    roundCookies(origin, ctx.nonceKey).proved.set(reply as never, who, ctx.now())
  const [https, http] = set
  assert.equal(https?.[0], '__Host-countersign-proved')
  assert.deepEqual(https?.[2], { path: '/', httpOnly: true, secure: true, sameSite: 'strict', maxAge: 3600 })
  assert.equal(http?.[0], 'countersign-proved-3001')
  const request = { cookies: { '__Host-countersign-proved': https?.[1] } }
  const read = (ms: number) =>
    roundCookies('https://issuer.example', ctx.nonceKey).proved.of(request as never, new Date(Date.now() + ms))
  assert.equal(read(0)?.person, 'nia')
  assert.equal(read(3_601_000), undefined)
})

/** The whole log and the chain, as text. */
async function kept(): Promise<string> {
  const rows = await ctx.db.selectFrom('entry').select(['actor', 'bytes']).execute()
  const links = (await findContinuation(ctx.db, { era: 1, sequence: 0, head: '' })) ?? []
  const chain = links.flatMap(({ link }) => [link.change, link.vouch?.body ?? ''].map((text) => Buffer.from(text, 'base64url')))
  return [...rows.map(({ actor, bytes }) => `${actor} ${bytes}`), ...chain].join('\n')
}
