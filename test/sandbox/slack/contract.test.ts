// The Web API as the bot uses it, asked of two Slacks that were written apart. What both say alike is likely Slack's; where they differ, the difference stands
// below with who is right by Slack's reference, and a difference that ends, or a new one, fails.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type WebAPICallResult, WebClient } from '@slack/web-api'
import { lastFirst } from '../../support/last-first.ts'
import { openEmulate, openOurs, type Peer } from '../../support/slack-peers.ts'

const HOME = { type: 'home', blocks: [{ type: 'divider' }] } as const
const MODAL = { type: 'modal', title: { type: 'plain_text', text: 'A form' }, blocks: [{ type: 'divider' }] } as const
const BLOCKS = [{ type: 'section', text: { type: 'plain_text', text: 'a block' } }] as const
const METADATA = { event_type: 'countersign_message', event_payload: { delivery: 'one' } } as const
const NOBODY = { channel: 'C0NOWHERE99', person: 'U0NOBODY999', ts: '1.000001' }

type Ask = (peer: Peer) => Promise<unknown>
type Case = { readonly ask: Ask; readonly rely: readonly string[] }
const given = (ask: Ask, ...rely: readonly string[]): Case => ({ ask, rely })
const posted = async ({ web, channel }: Peer, text = 'a message') => {
  const { ts = '' } = await web.chat.postMessage({ channel, text, blocks: [...BLOCKS], metadata: METADATA })
  return ts
}
const raw = async ({ api }: Peer, method: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${api}${method}`, { method: 'POST', headers })
  return { status: answer.status, ...((await answer.json()) as object) }
}

/** Each call, and the members of its answer on which the bot relies. */
const CASES: Readonly<Record<string, Case>> = {
  'auth.test': given(({ web }) => web.auth.test(), 'team_id', 'user_id', 'bot_id', 'url'),
  'auth.test without a token': given((peer) => raw(peer, 'auth.test'), 'status', 'error'),
  'auth.test with another token': given(
    ({ api }) => new WebClient('xoxb-another', { slackApiUrl: api, retryConfig: { retries: 0 } }).auth.test(),
    'error',
  ),
  'a method that is none': given(({ web }) => web.apiCall('chat.shout'), 'error'),
  'bots.info': given(
    async ({ web }) => web.bots.info({ bot: String((await web.auth.test()).bot_id) }),
    'bot.id',
    'bot.app_id',
    'bot.name',
  ),
  'users.info': given(
    ({ web, person }) => web.users.info({ user: person }),
    'user.id',
    'user.team_id',
    'user.deleted',
    'user.is_bot',
  ),
  'users.info flags': given(
    ({ web, person }) => web.users.info({ user: person }),
    'user.is_restricted',
    'user.is_ultra_restricted',
    'user.is_stranger',
  ),
  'users.info of nobody': given(({ web }) => web.users.info({ user: NOBODY.person }), 'error'),
  'users.conversations': given(
    ({ web }) => web.users.conversations({ types: 'public_channel' }),
    'channels.0.id',
    'channels.0.name',
  ),
  'conversations.info': given(
    ({ web, channel }) => web.conversations.info({ channel }),
    'channel.id',
    'channel.name',
    'channel.is_archived',
    'channel.is_member',
  ),
  'conversations.info of a shared one': given(({ web, channel }) => web.conversations.info({ channel }), 'channel.is_ext_shared'),
  'conversations.info of nowhere': given(({ web }) => web.conversations.info({ channel: NOBODY.channel }), 'error'),
  'conversations.open': given(({ web, person }) => web.conversations.open({ users: person }), 'channel.id'),
  'conversations.open with nobody': given(({ web }) => web.conversations.open({ users: NOBODY.person }), 'error'),
  'conversations.history finds our metadata': given(
    async (peer) => {
      const ts = await posted(peer)
      const { messages } = await peer.web.conversations.history({ channel: peer.channel, include_all_metadata: true, limit: 5 })
      return { ok: true, found: messages?.find((message) => message.ts === ts) } as never
    },
    'found.ts',
    'found.metadata.event_type',
    'found.metadata.event_payload.delivery',
  ),
  'conversations.history leaves metadata out unless asked': given(
    async (peer) => {
      const ts = await posted(peer)
      const { messages } = await peer.web.conversations.history({ channel: peer.channel, limit: 5 })
      return { ok: true, found: messages?.find((message) => message.ts === ts) } as never
    },
    'found.ts',
    'found.metadata.event_type',
  ),
  'conversations.history of nowhere': given(({ web }) => web.conversations.history({ channel: NOBODY.channel }), 'error'),
  'conversations.replies': given(
    async (peer) => {
      const ts = await posted(peer)
      await peer.web.chat.postMessage({ channel: peer.channel, text: 'a reply', thread_ts: ts })
      return peer.web.conversations.replies({ channel: peer.channel, ts })
    },
    'messages.0.ts',
    'messages.0.text',
    'messages.1.text',
    'messages.1.thread_ts',
  ),
  'chat.postMessage': given(
    ({ web, channel }) =>
      web.chat.postMessage({ channel, text: 'words', blocks: [...BLOCKS], metadata: METADATA, unfurl_links: false }),
    'channel',
    'ts',
    'message.ts',
    'message.text',
    'message.user',
    'message.blocks.0.type',
    'message.metadata.event_payload.delivery',
  ),
  'chat.postMessage names its bot': given(
    ({ web, channel }) => web.chat.postMessage({ channel, text: 'words' }),
    'message.bot_id',
    'message.app_id',
  ),
  'chat.postMessage to a person': given(
    ({ web, person }) => web.chat.postMessage({ channel: person, text: 'words' }),
    'channel',
    'ts',
  ),
  'chat.postMessage to the direct messages already open': given(async ({ web, person }) => {
    const { channel } = await web.conversations.open({ users: person })
    const said = await web.chat.postMessage({ channel: person, text: 'words' })
    return { ok: true, same: said.channel === channel?.id } as never
  }, 'same'),
  'chat.postMessage nowhere': given(({ web }) => web.chat.postMessage({ channel: NOBODY.channel, text: 'x' }), 'error'),
  'chat.postMessage into an archived channel': given(
    ({ web, archived }) => web.chat.postMessage({ channel: archived, text: 'x' }),
    'error',
  ),
  'chat.postMessage of nothing': given(({ web, channel }) => web.chat.postMessage({ channel, text: '' }), 'error'),
  'chat.postMessage of blocks over a limit': given(
    ({ web, channel }) =>
      web.chat.postMessage({ channel, text: 'x', blocks: Array.from({ length: 51 }, () => ({ type: 'divider' as const })) }),
    'error',
  ),
  'chat.postMessage of blocks that are none': given(
    ({ web, channel }) => web.chat.postMessage({ channel, text: 'x', blocks: 'none' as never }),
    'error',
  ),
  'chat.update': given(
    async (peer) => peer.web.chat.update({ channel: peer.channel, ts: await posted(peer), text: 'changed', blocks: [...BLOCKS] }),
    'channel',
    'ts',
    'text',
    'message.text',
  ),
  'chat.update keeps metadata': given(
    async (peer) => {
      const ts = await posted(peer)
      await peer.web.chat.update({ channel: peer.channel, ts, text: 'changed' })
      const { messages } = await peer.web.conversations.history({ channel: peer.channel, include_all_metadata: true, limit: 3 })
      return { ok: true, found: messages?.find((message) => message.ts === ts) } as never
    },
    'found.text',
    'found.metadata.event_payload.delivery',
  ),
  'chat.update of nothing there': given(({ web, channel }) => web.chat.update({ channel, ts: NOBODY.ts, text: 'x' }), 'error'),
  'chat.update nowhere': given(({ web }) => web.chat.update({ channel: NOBODY.channel, ts: NOBODY.ts, text: 'x' }), 'error'),
  'chat.update of more than 4,000 characters': given(
    async (peer) => peer.web.chat.update({ channel: peer.channel, ts: await posted(peer), text: 'x'.repeat(4001) }),
    'error',
  ),
  'chat.delete': given(async (peer) => peer.web.chat.delete({ channel: peer.channel, ts: await posted(peer) }), 'channel', 'ts'),
  'chat.delete of nothing there': given(({ web, channel }) => web.chat.delete({ channel, ts: NOBODY.ts }), 'error'),
  'chat.update of what was deleted': given(async (peer) => {
    const ts = await posted(peer)
    await peer.web.chat.delete({ channel: peer.channel, ts })
    return peer.web.chat.update({ channel: peer.channel, ts, text: 'x' })
  }, 'error'),
  'views.open': given(
    async (peer) => peer.web.views.open({ trigger_id: await peer.trigger(), view: MODAL as never }),
    'view.id',
    'view.hash',
    'view.type',
    'view.title.text',
  ),
  'views.open by a trigger that is none': given(
    ({ web }) => web.views.open({ trigger_id: '1.2.3', view: MODAL as never }),
    'error',
  ),
  'views.open twice by one trigger': given(async (peer) => {
    const trigger_id = await peer.trigger()
    await peer.web.views.open({ trigger_id, view: MODAL as never })
    return peer.web.views.open({ trigger_id, view: MODAL as never })
  }, 'error'),
  'views.update': given(
    async (peer) => {
      const { view } = await peer.web.views.open({ trigger_id: await peer.trigger(), view: MODAL as never })
      return peer.web.views.update({ view_id: view?.id ?? '', view: MODAL as never })
    },
    'view.id',
    'view.type',
  ),
  'views.update of another hash': given(async (peer) => {
    const { view } = await peer.web.views.open({ trigger_id: await peer.trigger(), view: MODAL as never })
    return peer.web.views.update({ view_id: view?.id ?? '', hash: '1.other', view: MODAL as never })
  }, 'error'),
  'views.update of none': given(({ web }) => web.views.update({ view_id: 'V0NOWHERE99', view: MODAL as never }), 'error'),
  'views.publish': given(
    ({ web, person }) => web.views.publish({ user_id: person, view: HOME as never }),
    'view.id',
    'view.type',
    'view.hash',
  ),
  'views.publish to nobody': given(({ web }) => web.views.publish({ user_id: NOBODY.person, view: HOME as never }), 'error'),
  'views.publish of another hash': given(async ({ web, person }) => {
    await web.views.publish({ user_id: person, view: HOME as never })
    return web.views.publish({ user_id: person, hash: '1.other', view: HOME as never })
  }, 'error'),
}

type Difference = { readonly ours: string; readonly theirs: string; readonly right: 'ours' | 'theirs'; readonly why: string }
const NOT_THERE = 'the emulator does not have it; Slack does, and refuses an unknown method with status 200 and `unknown_method`'
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'auth.test with another token': {
    ours: 'invalid_auth',
    theirs: 'ok',
    right: 'ours',
    why: 'the emulator takes any bearer for its first user; Slack: “invalid_auth: some aspect of authentication cannot be validated”',
  },
  'a method that is none': { ours: 'unknown_method', theirs: 'http 404', right: 'ours', why: NOT_THERE },
  'bots.info': {
    ours: 'ok bot.id=B… bot.app_id=A… bot.name=a-name',
    theirs: 'ok bot.id=B… bot.app_id=undefined bot.name=a-name',
    right: 'ours',
    why: 'Slack’s reference names `app_id`; by it the bot knows which app it is',
  },
  'users.info flags': {
    ours: 'ok user.is_restricted=false user.is_ultra_restricted=false user.is_stranger=false',
    theirs: 'ok user.is_restricted=undefined user.is_ultra_restricted=undefined user.is_stranger=undefined',
    right: 'ours',
    why: 'the emulator has no guests and no Slack Connect; Slack’s user object has the first two, and the third for strangers',
  },
  'users.conversations': {
    ours: 'ok channels.0.id=the-channel channels.0.name=a-name',
    theirs: 'http 404',
    right: 'ours',
    why: NOT_THERE,
  },
  'conversations.info of a shared one': {
    ours: 'ok channel.is_ext_shared=false',
    theirs: 'ok channel.is_ext_shared=undefined',
    right: 'ours',
    why: 'the emulator has no Slack Connect; Slack’s conversation object has the flag',
  },
  'conversations.history leaves metadata out unless asked': {
    ours: 'ok found.ts=ts found.metadata.event_type=undefined',
    theirs: 'ok found.ts=ts found.metadata.event_type=countersign_message',
    right: 'ours',
    why: 'Slack: “include_all_metadata: return all metadata associated with this message”, by default not; the bot always asks',
  },
  'chat.postMessage names its bot': {
    ours: 'ok message.bot_id=B… message.app_id=A…',
    theirs: 'ok message.bot_id=undefined message.app_id=undefined',
    right: 'ours',
    why: 'Slack’s example of the answer has both for a message of a bot token',
  },
  'chat.postMessage of blocks over a limit': {
    ours: 'invalid_blocks',
    theirs: 'ok',
    right: 'ours',
    why: 'the emulator does not look at Block Kit; Slack refuses more than 50 blocks',
  },
  'chat.postMessage of blocks that are none': {
    ours: 'invalid_blocks_format',
    theirs: 'invalid_blocks',
    right: 'ours',
    why: 'Slack: “invalid_blocks_format: the blocks is not a valid JSON object or does not match the Block Kit syntax”',
  },
  'chat.update nowhere': {
    ours: 'channel_not_found',
    theirs: 'message_not_found',
    right: 'ours',
    why: 'Slack’s list of errors of chat.update has `channel_not_found` for a channel that is none',
  },
  'chat.update of more than 4,000 characters': {
    ours: 'msg_too_long',
    theirs: 'ok',
    right: 'ours',
    why: 'Slack’s reference: the text of an update is limited to 4,000 characters',
  },
}

const t = lastFirst(after)
const peers = { ours: await openOurs(t), theirs: await openEmulate(t) }

/** The answer as far as it is relied on: values where they are words of Slack's, forms where they are names. */
async function heard(peer: Peer, { ask, rely }: Case): Promise<string> {
  const answer = await ask(peer).catch((error: { data?: WebAPICallResult; statusCode?: number }) => {
    if (error.statusCode !== undefined) return { ok: false, error: `http ${error.statusCode}` }
    if (!error.data) throw error
    return error.data
  })
  const of = (path: string) =>
    path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], answer)
  const told = rely.filter((path) => path !== 'error').map((path) => `${path}=${form(path, of(path), peer)}`)
  const { ok, error } = answer as { ok: boolean; error?: string }
  return ok ? `ok ${told.join(' ')}`.trim() : `${told.filter((each) => each.startsWith('status')).join('')} ${error}`.trim()
}

/** A name by its form: what identifies differs between any two workspaces. */
function form(path: string, value: unknown, peer: Peer): string {
  if (value === peer.channel || value === peer.person) return value === peer.channel ? 'the-channel' : 'the-person'
  if (typeof value !== 'string') return String(value)
  if (path.endsWith('.name')) return 'a-name'
  if (path.endsWith('.hash')) return 'a-hash'
  if (/^\d{10}\.\d{6}$/.test(value)) return 'ts'
  if (/^[A-Z][A-Z0-9]{8,14}$/.test(value)) return `${value[0]}…`
  if (/^https:\/\/[a-z-]+\.slack\.com\/$/.test(value)) return 'workspace-url'
  return value
}

for (const [name, each] of Object.entries(CASES))
  test(`${name}: both answer alike, but for what is listed`, async () => {
    const [ours, theirs] = [await heard(peers.ours, each), await heard(peers.theirs, each)]
    const known = DIFFERENCES[name]
    if (known) assert.deepEqual({ ours, theirs }, { ours: known.ours, theirs: known.theirs })
    else assert.equal(ours, theirs)
  })

test('every listed difference belongs to a call, and says who is right', () => {
  for (const [name, { right, why }] of Object.entries(DIFFERENCES)) {
    assert.ok(Object.hasOwn(CASES, name), name)
    assert.equal(right, 'ours', `${name}: what we get wrong is mended, not listed`)
    assert.ok(why.length > 20, name)
  }
})
