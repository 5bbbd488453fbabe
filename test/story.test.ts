// One life, told by HTTP alone: what README.md draws, with every message on the wire. Real processes; only the authenticators are software.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { meet, viewIn } from './support/people.ts'
import { newPremises, startProduct, tellOnFailure } from './support/product.ts'
import { slackDriver, wordsOf } from './support/slack-driver.ts'
import { newHolder } from './support/world.ts'

test('one life: Rey asks in Slack, Bo approves, both by keys; the token works on the target for what was approved and is given back', async (t) => {
  const premises = await newPremises(t)
  tellOnFailure(t, await startProduct(premises))
  const { issuer } = premises
  const [rey, bo, mira] = [meet(premises, 'rey'), meet(premises, 'bo'), meet(premises, 'mira')]
  const slack = slackDriver(premises.slack)

  // Keys first: Rey and Bo register theirs, read the words aloud, and the administrator signs that she heard the same.
  await mira.enrol([await rey.register(), await bo.register()])

  // Rey asks. Slack's answer holds a link to his page; the issuer derives the request again before anybody may sign it.
  const asked = await rey.type('service.restart service=payments-api reason="INC-4211: payments refuse cards" lease=10m')
  const { intent } = await eventually('the issuer to adopt it', async () => {
    const seen = await rey.see(asked)
    return seen.state === 'awaiting_requester' && seen
  })
  const intents = [intent]

  // His tap says what, and where he needs it: a place with keys of its own. Only now is anybody asked.
  const place = await newHolder()
  assert.doesNotMatch(JSON.stringify(await slack.calls()), /Review & decide/)
  await rey.tap(asked, 'request', { role: 'requester', decision: 'confirm', intents, holder: place.holder })

  // Bo finds a link of his own in his messages, and sees the same digest under it.
  const message = await slack.as('bo').message('direct', ({ blocks }) => /Your decision is asked/.test(wordsOf(blocks)))
  const review = viewIn(message.blocks)
  assert.notEqual(review, asked)
  assert.equal((await bo.see(review)).intent, intent)

  // Before his tap there is nothing to fetch, whoever asks.
  await assert.rejects(rey.claim(intent, place), /not_approved/)
  await bo.tap(review, 'decide', { role: 'approver', decision: 'approve', intents })
  await assert.rejects(rey.claim(intent, await newHolder()), /foreign_holder_key/)
  const token = await rey.claim(intent, place)
  assert.equal(await rey.claim(intent, place), token, 'asked again, it is the same one')

  // Anybody can verify the token from the issuer's discovery document and nothing else.
  const discovery = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as {
    issuer: string
    jwks_uri: string
  }
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri))
  const { payload } = await jwtVerify(token, keys, {
    issuer: discovery.issuer,
    audience: 'urn:countersign:sandbox:target',
    subject: 'rey',
    typ: 'at+jwt',
  })
  assert.equal(payload.iss, issuer)
  assert.equal(decodeProtectedHeader(token).alg, 'RS256')
  assert.equal(payload['scope'], 'service:restart')
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 600)
  assert.match(JSON.stringify(payload['authorization_details']), new RegExp(`payments-api.*${intent}|${intent}.*payments-api`))
  assert.match(JSON.stringify(payload['authorization_details']), /"bo"/)

  // The target lets it restart that service, and no other.
  const restart = (service: string, authorization: string) =>
    fetch(`${premises.slack}/target/api/services/${service}/restart`, { method: 'POST', headers: { authorization } })
  assert.equal((await restart('payments-api', `Bearer ${token}`)).status, 200)
  assert.equal((await restart('ledger-api', `Bearer ${token}`)).status, 403)
  assert.equal((await restart('payments-api', `Bearer ${token.slice(0, -4)}AAAA`)).status, 401)

  // Done early: nothing more can be fetched, the target is told and refuses the token, and Slack says so when the target has confirmed it.
  await rey.giveBack(intent, place)
  await assert.rejects(rey.claim(intent, place), /grant_ended/)
  await slack
    .as('ana')
    .message(
      'incident-4211',
      ({ blocks }) => /Given back.*the target confirmed it/.test(wordsOf(blocks)),
      'the end in the channel',
    )
  assert.equal((await restart('payments-api', `Bearer ${token}`)).status, 401)
})

/** Asks until there is an answer, for ten seconds. */
async function eventually<T>(what: string, look: () => Promise<T | false>): Promise<T> {
  for (const late = Date.now() + 10_000; Date.now() < late; ) {
    const seen = await look()
    if (seen !== false) return seen
  }
  assert.fail(`waited in vain for ${what}`)
}
