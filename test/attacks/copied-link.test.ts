// Whoever gets hold of links: a requester with the approver's, an approver with the requester's, a stranger with all of them, and the machines that follow every
// link that is posted (Slack's own among them). A link names who is looking and has no power; following it changes nothing and keeps nothing open.

import assert from 'node:assert/strict'
import { request as call } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { rogueKey } from '../support/rogue-key.ts'
import { until } from '../support/until.ts'
import { ask, claim, claimOf, confirm, decide, newHolder, sign } from '../support/world.ts'

const ends = lastFirst(after)
let door: Door
let gains: Gains
let port = 0
const place = await newHolder()
type Asked = Awaited<ReturnType<typeof ask>> & { links: Record<string, string> }
const at = {} as Record<'asked' | 'waiting' | 'approved' | 'live' | 'foreign', Asked>

before(async () => {
  door = await openDoors(ends, { extras: async () => undefined })
  const { world } = door
  for (const name of ['asked', 'waiting', 'approved', 'live', 'foreign'] as const) {
    const person = name === 'foreign' ? 'ana' : 'rey'
    const asked = await ask(world, { person, reason: `INC-4211: ${name}` })
    const links: Record<string, string> = { [person]: asked.viewId }
    for (const other of ['rey', 'ana', 'bo', 'mira', 'theo']) links[other] ??= await door.link(asked.requestId, other)
    at[name] = { ...asked, links }
    if (name !== 'asked') assert.ok((await confirm(world, asked.intent, place, person)).ok)
  }
  for (const { intent } of [at.approved, at.live]) assert.ok((await decide(world, intent, 'bo')).ok)
  assert.ok((await claim(world, at.live.intent, place)).ok)
  await door.app.listen({ port: 0, host: '127.0.0.1' })
  port = (door.app.server.address() as AddressInfo).port
  gains = await watchGains(world, ['rey'])
})
afterEach(() => gains.nothingGained())

const post = async (url: string, body: unknown, headers: Record<string, string> = {}) =>
  gains.hear(await door.post(url, body, headers))
const isRefused = ({ statusCode, body }: Awaited<ReturnType<typeof post>>, what = ''): void =>
  assert.ok(statusCode >= 400 && statusCode < 500, `${what}: ${statusCode} ${body}`)
const rey = (body: Record<string, unknown>, bent: Record<string, unknown> = {}) => sign(door.world, 'rey', body as never, bent)
/** Everything that is stored, and how it was touched last. */
async function everything(): Promise<string> {
  const db = door.world.database.connect('owner', { max: 1 })
  const tables = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'watermark' order by 1`.execute(
    db,
  )
  const all: unknown[] = []
  for (const { name } of tables.rows)
    all.push(
      name,
      (
        await sql`select coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '') as d from ${sql.table(name)} t`.execute(
          db,
        )
      ).rows,
    )
  await db.destroy()
  return JSON.stringify(all)
}

describe('a requester with an approver’s link', () => {
  test('approves what he asked: with his key, and with a key that he names as hers', async () => {
    const begun = (await post('/v1/ceremonies', { purpose: 'decide', view: at.waiting.links['ana'] })).json()
    assert.equal(begun.signer, 'ana')
    const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [at.waiting.intent] }
    const [key] = begun.passkeys
    const signer = { person: 'ana', passkey: key.thumbprint }
    const { nonce } = begun
    isRefused(await post('/v1/statements', await rey(said, { nonce })), 'his own')
    isRefused(await post('/v1/statements', await rey(said, { nonce, signer })), 'her name, his key')
    const rogue = rogueKey(door.world, 'ana')
    isRefused(
      await post('/v1/statements', rogue.sign('decide', { ...said, nonce, signer }, { id: key.id })),
      'her name, a new key',
    )
  })

  test('opens it in his own session: the page says that it is not his, and offers no act', async () => {
    const cookie = await gains.honestly(() => door.signIn('rey'))
    const page = gains.hear(await door.get(`/r/${at.waiting.links['ana']}`, { cookie }))
    assert.doesNotMatch(page.body, /data-do="(?:approve|deny)"/)
  })

  test('counts a session of hers beside an assertion of his: the key decides who spoke, and the session is worth nothing', async () => {
    const cookie = await gains.honestly(() => door.signIn('ana'))
    const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [at.waiting.intent] }
    const answer = await post('/v1/statements', await rey(said), { cookie })
    assert.deepEqual([answer.statusCode, answer.json().reason], [403, 'self_approval'])
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  test('names a place for an approved request through the requester’s link, and claims what was approved for another', async () => {
    const mine = await newHolder()
    isRefused(await post('/v1/claims', await claimOf(door.world, at.foreign.intent, mine)), 'not approved, not his')
    const said = { kind: 'request', role: 'requester', decision: 'confirm', intents: [at.foreign.intent], holder: mine.holder }
    isRefused(await post('/v1/statements', await rey(said)), 'another’s request')
    isRefused(await post('/v1/claims', await claimOf(door.world, at.foreign.intent, mine)), 'a claim')
  })
})

describe('a stranger with every link there is', () => {
  test('reads no name of a key that signs for another, no credential and no ciphertext', async () => {
    for (const { links } of Object.values(at))
      for (const link of Object.values(links))
        for (const path of [`/r/${link}`, `/v1/views/${link}`]) {
          const { body, statusCode } = gains.hear(await door.get(path))
          assert.equal(statusCode, 200)
          assert.ok(!body.includes('ciphertext') && !body.includes('"epk"'), path)
        }
  })

  test('reads no reason once the decision that it was told for is taken, nor by the link of somebody who does not decide', async () => {
    for (const name of ['approved', 'live'] as const)
      for (const link of Object.values(at[name].links)) assert.ok(!(await door.get(`/r/${link}`)).body.includes('INC-4211'))
    for (const person of ['mira', 'theo', 'rey'])
      assert.ok(!(await door.get(`/r/${at.waiting.links[person]}`)).body.includes('INC-4211'), person)
    for (const person of ['ana', 'bo', 'mira', 'theo'])
      assert.ok(!(await door.get(`/r/${at.asked.links[person]}`)).body.includes('INC-4211'), person)
  })

  test('reads no reason by the door for programs, whoever’s link it is', async () => {
    for (const { links } of Object.values(at))
      for (const link of Object.values(links)) {
        const { body } = await door.get(`/v1/views/${link}`)
        assert.doesNotMatch(body, /INC-4211|Okafor|Lindqvist|Tanaka/)
      }
  })

  test('fetches no receipt, by any link or by the id of what was issued: it holds all names, groups and runbooks', async () => {
    const { links, requestId } = at.live
    for (const id of [requestId, ...Object.values(links)]) {
      isRefused(gains.hear(await door.get(`/v1/receipts/${id}`)), id)
      const { body } = gains.hear(await door.get(`/receipts/${id}`))
      assert.doesNotMatch(body, /T0SANDBOX|service-owners|\/v1\/receipts\//, id)
    }
  })

  test('fetches no receipt in the session of somebody who was not concerned', async () => {
    const cookie = await gains.honestly(() => door.signIn('rey'))
    const { requestId, links } = at.foreign
    for (const id of [requestId, ...Object.values(links)])
      isRefused(gains.hear(await door.get(`/v1/receipts/${id}`, { cookie })), id)
  })

  test('guesses links: near ones, and ids of other things, lead nowhere', async () => {
    const link = at.waiting.links['ana'] ?? ''
    const { requestId, intent, checkCode } = at.waiting
    const near = `${link.slice(0, -1)}${link.endsWith('0') ? '1' : '0'}`
    for (const guess of [near, requestId, intent, checkCode, link.toUpperCase(), `${link}%00`, `${link}.`, `..%2f${link}`]) {
      const { statusCode } = gains.hear(await door.get(`/r/${guess}`))
      assert.ok(statusCode === 404 || statusCode === 400, `${guess}: ${statusCode}`)
    }
  })
})

const LONG_MS = 5_000
/** One request on a connection of its own: its status, or that no answer came to an end. */
const follow = (method: string, path: string, agent: string) =>
  new Promise<number | 'held open'>((resolve, reject) => {
    const headers = { host: 'localhost:3001', 'user-agent': agent }
    const sent = call({ port, method, path, headers, agent: false }, (answer) => {
      answer.resume().on('end', () => {
        clearTimeout(late)
        resolve(answer.statusCode ?? 0)
      })
    })
    const late = setTimeout(() => {
      sent.destroy()
      resolve('held open')
    }, LONG_MS)
    sent.on('error', reject).end()
  })

describe('a machine that follows every link', () => {
  const AGENTS = [
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
    'Mozilla/5.0 (compatible; bingbot/2.0) BingPreview/1.0b',
    'Microsoft Office/16.0 SafeLinks',
    'facebookexternalhit/1.1',
    'curl/8.0',
  ]
  for (const agent of AGENTS)
    for (const method of ['GET', 'HEAD'])
      test(`${agent}, by ${method}, changes nothing that is stored and is set no cookie`, async () => {
        const stood = await everything()
        for (const { links } of Object.values(at))
          for (const link of Object.values(links))
            for (const path of [`/r/${link}`, `/v1/views/${link}`, `/r/${link}?browser=other`]) {
              const options = { method: method as 'GET', url: path, headers: { host: 'localhost:3001', 'user-agent': agent } }
              const answer = gains.hear(await door.app.inject(options))
              assert.equal(answer.statusCode, 200, path)
              assert.equal(answer.headers['set-cookie'], undefined)
            }
        assert.equal(await everything(), stood)
      })

  test('by HEAD holds no line of events open', async () => {
    assert.equal(await follow('HEAD', `/v1/views/${at.waiting.links['ana']}/events`, AGENTS[0] ?? ''), 404)
    await until(
      'no line to be open',
      () => new Promise((resolve) => door.app.server.getConnections((_, count) => resolve(count === 0))),
    )
  })

  test('finds nothing in a page to show of it in Slack: no preview, no name, no reason in its head', async () => {
    for (const link of Object.values(at.waiting.links)) {
      const { body, headers } = await door.get(`/r/${link}`, { 'user-agent': AGENTS[0] ?? '' })
      const head = body.slice(0, body.indexOf('</head>'))
      assert.doesNotMatch(head, /og:|twitter:|oembed|name="description"|INC-4211/)
      assert.equal(headers['x-robots-tag'], 'noindex, nofollow')
    }
  })
})
