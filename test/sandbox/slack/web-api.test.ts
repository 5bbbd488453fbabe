// The Web API as the real WebClient meets it: who may call, and Slack's answers to what an app gets wrong.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebClient } from '@slack/web-api'
import { slackDriver } from '../../support/slack-driver.ts'
import { stage, TOKEN } from './bolt-app.ts'

const REY = 'U0REYOKAFOR'
const INCIDENT = 'C0INCIDENT42'

async function client(t: TestContext, token = TOKEN) {
  const { api, slack, workspace } = await stage(t)
  return { web: new WebClient(token, { slackApiUrl: api, retryConfig: { retries: 0 } }), slack, workspace, api }
}
const code = (error: string) => (thrown: { data?: { error?: string } }) => thrown.data?.error === error

test('a call without a token, or with another one, is refused', async (t) => {
  const { api } = await client(t)
  const bare = await fetch(`${api}auth.test`, { method: 'POST' })
  assert.deepEqual(await bare.json(), { ok: false, error: 'not_authed' })
  const other = new WebClient('xoxb-another', { slackApiUrl: api, retryConfig: { retries: 0 } })
  await assert.rejects(other.auth.test(), code('invalid_auth'))
})

test('a method that does not exist, be it a name of every object, is unknown', async (t) => {
  const { web } = await client(t)
  await assert.rejects(web.apiCall('chat.shout'), code('unknown_method'))
  await assert.rejects(web.apiCall('constructor'), code('unknown_method'))
})

test('the app learns who it is, who people are and whom it may not find', async (t) => {
  const { web, slack } = await client(t)
  const self = await web.auth.test()
  assert.deepEqual([self.user_id, self.bot_id, self.team_id], ['U0COUNTERSIGN', 'B0COUNTERSIGN', 'T0SANDBOX'])
  const { user } = await web.users.info({ user: 'U0GUESTLUCA' })
  assert.equal(user?.is_restricted, true)
  await assert.rejects(web.users.info({ user: 'U0NOBODY' }), code('user_not_found'))
  const found = await web.users.lookupByEmail({ email: 'ana@northwind-sandbox.example' })
  assert.equal(found.user?.id, 'U0ANALINDQV')
  await slack.changePerson('ana', { deactivated: true })
  await assert.rejects(web.users.lookupByEmail({ email: 'ana@northwind-sandbox.example' }), code('users_not_found'))
  assert.equal((await web.users.info({ user: 'U0ANALINDQV' })).user?.deleted, true)
})

test('the app writes only where it is a member and the channel lives', async (t) => {
  const { web, slack } = await client(t)
  await assert.rejects(web.chat.postMessage({ channel: 'C0NOWHERE', text: 'x' }), code('channel_not_found'))
  await assert.rejects(web.chat.postMessage({ channel: 'C0GENERAL00', text: 'x' }), code('not_in_channel'))
  await slack.changeChannel('incident-4211', { archived: true })
  await assert.rejects(web.chat.postMessage({ channel: INCIDENT, text: 'x' }), code('is_archived'))
  await assert.rejects(web.chat.postMessage({ channel: 'C0ACCESSREQS', text: '' }), code('no_text'))
})

test('a message to a person stands in their direct messages; one to a deactivated person is refused', async (t) => {
  const { web, slack } = await client(t)
  const { channel } = await web.chat.postMessage({ channel: REY, text: 'hello' })
  const opened = await web.conversations.open({ users: REY })
  assert.equal(opened.channel?.id, channel)
  assert.equal((await slack.as('rey').messages('direct'))[0]?.text, 'hello')
  await slack.changePerson('rey', { deactivated: true })
  await assert.rejects(web.chat.postMessage({ channel: REY, text: 'x' }), code('user_disabled'))
})

test('the app changes only its own messages, and none with more than 4,000 characters', async (t) => {
  const { web, slack } = await client(t)
  await slack.as('ana').say(INCIDENT, 'mine')
  const [theirs] = await slack.as('ana').messages(INCIDENT)
  await assert.rejects(web.chat.update({ channel: INCIDENT, ts: theirs?.ts ?? '', text: 'x' }), code('cant_update_message'))
  await assert.rejects(web.chat.delete({ channel: INCIDENT, ts: theirs?.ts ?? '' }), code('cant_delete_message'))
  await assert.rejects(web.chat.update({ channel: INCIDENT, ts: '1.000000', text: 'x' }), code('message_not_found'))
  const { ts = '' } = await web.chat.postMessage({ channel: INCIDENT, text: 'own' })
  await assert.rejects(web.chat.update({ channel: INCIDENT, ts, text: 'x'.repeat(4001) }), code('msg_too_long'))
  await web.chat.update({ channel: INCIDENT, ts, text: 'changed' })
  const { messages } = await web.conversations.history({ channel: INCIDENT })
  assert.deepEqual(
    messages?.map((message) => message.text),
    ['changed', 'mine'],
  )
  assert.ok((await web.chat.getPermalink({ channel: INCIDENT, message_ts: ts })).permalink?.includes(ts))
})

test('an ephemeral message reaches members only, stands in no history and cannot be updated', async (t) => {
  const { web, slack } = await client(t)
  await assert.rejects(web.chat.postEphemeral({ channel: INCIDENT, user: 'U0GUESTLUCA', text: 'x' }), code('user_not_in_channel'))
  const { message_ts = '' } = await web.chat.postEphemeral({ channel: INCIDENT, user: REY, text: 'for you' })
  assert.equal((await slack.as('rey').messages(INCIDENT))[0]?.ephemeral, true)
  assert.deepEqual((await web.conversations.history({ channel: INCIDENT })).messages, [])
  await assert.rejects(web.chat.update({ channel: INCIDENT, ts: message_ts, text: 'x' }), code('message_not_found'))
})

test('replies stand in their thread and not in the channel', async (t) => {
  const { web } = await client(t)
  const { ts = '' } = await web.chat.postMessage({ channel: INCIDENT, text: 'first' })
  await web.chat.postMessage({ channel: INCIDENT, text: 'reply', thread_ts: ts })
  const { messages } = await web.conversations.replies({ channel: INCIDENT, ts })
  assert.deepEqual(
    messages?.map((message) => message.text),
    ['first', 'reply'],
  )
  // However old it is, the message that a thread hangs on comes with what is younger.
  const later = await web.conversations.replies({ channel: INCIDENT, ts, oldest: String(Number(ts) + 3600) })
  assert.deepEqual(
    later.messages?.map((message) => message.text),
    ['first'],
  )
  assert.equal((await web.conversations.history({ channel: INCIDENT })).messages?.length, 1)
  await assert.rejects(web.chat.postMessage({ channel: INCIDENT, text: 'x', thread_ts: '1.000000' }), code('thread_not_found'))
})

test('blocks that Slack would refuse are refused, with a pointer to what is wrong', async (t) => {
  const { web } = await client(t)
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }]
  await assert.rejects(
    web.chat.postMessage({ channel: INCIDENT, text: 'x', blocks: blocks as never }),
    (thrown: { data: { error: string; response_metadata: { messages: string[] } } }) => {
      assert.equal(thrown.data.error, 'invalid_blocks')
      assert.match(thrown.data.response_metadata.messages[0] ?? '', /less than 3001 characters .*\/blocks\/0\/text\/text/)
      return true
    },
  )
})

test('a page of another origin, or under another host name, cannot drive the workspace', async (t) => {
  const { slack } = await client(t)
  const at = `${slack.url}/_control/people/rey/home`
  const send = (headers: Record<string, string>, url = at) => fetch(url, { method: 'POST', headers })
  assert.equal((await send({ origin: 'https://evil.example' })).status, 403)
  assert.equal((await send({ origin: 'http://localhost:9' })).status, 403)
  assert.equal((await send({ 'sec-fetch-site': 'cross-site' })).status, 403)
  assert.equal((await fetch(slack.url.replace('localhost', '127.0.0.1'))).status, 421, 'DNS rebinding ends at the Host header')
  const own = await send({ origin: slack.url })
  assert.equal(own.status, 200)
  assert.equal(own.headers.get('access-control-allow-origin'), null)
})

test('a deactivated person can do nothing more', async (t) => {
  const { slack } = await client(t)
  await slack.changePerson('bo', { deactivated: true })
  await assert.rejects(slackDriver(slack.url).as('bo').say(INCIDENT, 'still here'), /404 Bo Tanaka's account is deactivated/)
})
