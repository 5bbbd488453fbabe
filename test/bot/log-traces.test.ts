// What both processes log of a whole life when they log everything: enough to follow it, and nothing that opens a door or belongs to a person.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { buildBot } from '../../src/bot/app.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { openLogger } from '../../src/logger.ts'
import { BOT_TOKEN, openBot, SIGNING_SECRET } from '../support/bot.ts'
import { freePort } from '../support/free-port.ts'
import { cookieOf } from '../support/issuer-app.ts'
import { ask, claimOf, decide, newHolder, ORIGIN, sign } from '../support/world.ts'

const PERSONAL = 'c-7358'
const REASON = 'INC-4211: the customer cannot log in'

test('a whole life logged in full tells no token, secret, cookie, link, credential, reason or personal value', async (t) => {
  const lines: string[] = []
  const log = openLogger('test', 'trace', { write: (line) => void lines.push(line) })
  const { world, slack, issuerUrl } = await openBot(t, { log })
  const issuer = buildIssuerApp({ ctx: world.ctx, keys: world.keys, publicUrl: 'http://localhost:3000' })
  t.after(() => issuer.close())
  const post = (url: string, payload: object) =>
    issuer.inject({ method: 'POST', url, headers: { host: new URL(ORIGIN).host, origin: ORIGIN }, payload })

  assert.ok((await slack.as('rey').say('C0INCIDENT42', `/elevate service.restart service=payments-api reason="${REASON}"`)).ok)
  const asked = await ask(world, { action: 'customer.read-record', parameters: { customer: PERSONAL }, reason: REASON })
  const place = await newHolder()
  const confirmed = await post(
    '/v1/statements',
    await sign(world, 'rey', {
      kind: 'request',
      role: 'requester',
      decision: 'confirm',
      intents: [asked.intent],
      holder: place.holder,
    }),
  )
  assert.equal(confirmed.statusCode, 200, confirmed.body)
  const cookie = cookieOf(confirmed).split('=')[1] ?? ''
  for (const person of ['ana', 'bo', 'mira', 'theo']) await decide(world, asked.intent, person)
  const claimed = await post('/v1/claims', await claimOf(world, asked.intent, place))
  assert.equal(claimed.statusCode, 200, claimed.body)

  // And what goes wrong: Slack away, nonsense at a door.
  const apiUrl = `http://127.0.0.1:${await freePort()}/api/`
  const settings = { botToken: BOT_TOKEN, signingSecrets: [SIGNING_SECRET], teamIds: [], apiUrl }
  const lost = buildBot({ ctx: world.bot, slack: settings, publicUrl: 'http://localhost:3000', issuerUrl, log })
  t.after(() => lost.app.close())
  lost.startWorker()
  const said = () => lines.map((line) => JSON.parse(line) as { msg?: string })
  for (const late = Date.now() + 15_000; !said().some(({ msg }) => msg?.includes('which app this is')); await delay(20))
    assert.ok(Date.now() < late, 'Slack away was not logged')
  await post('/v1/claims', { claim: PERSONAL, signature: BOT_TOKEN })
  await issuer.inject({ method: 'GET', url: `/r/${asked.viewId}`, headers: { host: new URL(ORIGIN).host } })

  assert.ok(said().filter(({ msg }) => msg === 'answered').length >= 4, 'the life can be followed')
  const { ciphertext } = claimed.json<{ ciphertext: string }>()
  assert.ok(cookie.length > 20 && ciphertext.length > 100)
  const everything = lines.join('')
  for (const secret of [BOT_TOKEN, SIGNING_SECRET, cookie, ciphertext, asked.viewId, PERSONAL, REASON])
    assert.ok(!everything.includes(secret), `${secret} is logged`)
})
