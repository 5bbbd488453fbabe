// Messages the app writes: post, update, ephemeral, delete, permalink. The app writes only where it is a member, changes only its own messages,
// and can neither update nor delete an ephemeral one (only its response URL can).

import { z } from 'zod'
import { readBlocks } from '../block-kit.ts'
import { openDirect } from '../channels.ts'
import { editMessage, findMessage, postMessage, removeMessage } from '../messages.ts'
import { messageObject } from '../payloads.ts'
import type { Block } from '../wire.ts'
import type { Channel, Workspace } from '../workspace.ts'
import { type Answer, done, fail, method, structured, visibleChannel } from './method.ts'

const MAX_POSTED_TEXT = 40_000
const MAX_UPDATED_TEXT = 4000
const MAX_METADATA_BYTES = 10_000

const body = {
  channel: z.string(),
  text: z.string().optional(),
  blocks: structured.optional(),
  attachments: structured.optional(),
  metadata: structured.optional(),
  thread_ts: z.string().optional(),
}
const metadataShape = z.object({ event_type: z.string().min(1), event_payload: z.record(z.string(), z.unknown()) })

export const chatPostMessage = method(z.object(body), (workspace, args) => {
  const found = writable(workspace, idOf(workspace, args.channel))
  if (!found.ok) return found.answer
  const content = readContent(args)
  if (!content.ok) return content.answer
  const { channel } = found
  if (args.thread_ts !== undefined && !findMessage(channel, args.thread_ts)) return fail('thread_not_found')
  const posted = postMessage(workspace, channel, {
    user: workspace.app.userId,
    text: content.text,
    blocks: content.blocks,
    metadata: content.metadata,
    threadTs: args.thread_ts ?? null,
  })
  return done({ channel: channel.id, ts: posted.ts, message: messageObject(workspace, posted) })
})

export const chatUpdate = method(z.object({ ...body, ts: z.string() }), (workspace, args) => {
  const found = writable(workspace, args.channel)
  if (!found.ok) return found.answer
  if ([...(args.text ?? '')].length > MAX_UPDATED_TEXT) return fail('msg_too_long')
  const message = findMessage(found.channel, args.ts)
  if (!message || message.ephemeralFor !== null) return fail('message_not_found')
  if (message.user !== workspace.app.userId) return fail('cant_update_message')
  const content = readContent({ ...args, text: args.text ?? message.text })
  if (!content.ok) return content.answer
  // Text alone takes the blocks away: what stands there must be what was said last.
  editMessage(workspace, found.channel, message, {
    text: content.text,
    blocks: content.blocks,
    ...(content.metadata === null ? {} : { metadata: content.metadata }),
  })
  return done({ channel: found.channel.id, ts: message.ts, text: message.text, message: messageObject(workspace, message) })
})

export const chatPostEphemeral = method(z.object({ ...body, user: z.string() }), (workspace, args) => {
  const found = writable(workspace, args.channel)
  if (!found.ok) return found.answer
  const person = workspace.people.get(args.user)
  if (!person || person.flags.deactivated) return fail('user_not_found')
  if (!found.channel.members.has(args.user)) return fail('user_not_in_channel')
  const content = readContent(args)
  if (!content.ok) return content.answer
  const posted = postMessage(workspace, found.channel, {
    user: workspace.app.userId,
    text: content.text,
    blocks: content.blocks,
    ephemeralFor: args.user,
    threadTs: args.thread_ts ?? null,
  })
  return done({ message_ts: posted.ts })
})

export const chatDelete = method(z.object({ channel: z.string(), ts: z.string() }), (workspace, args) => {
  const channel = visibleChannel(workspace, args.channel)
  if (!channel) return fail('channel_not_found')
  const message = findMessage(channel, args.ts)
  if (!message || message.ephemeralFor !== null) return fail('message_not_found')
  if (message.user !== workspace.app.userId) return fail('cant_delete_message')
  removeMessage(workspace, channel, message)
  return done({ channel: channel.id, ts: message.ts })
})

export const chatGetPermalink = (origin: () => string) =>
  method(z.object({ channel: z.string(), message_ts: z.string() }), (workspace, args) => {
    const channel = visibleChannel(workspace, args.channel)
    if (!channel) return fail('channel_not_found')
    const message = findMessage(channel, args.message_ts)
    if (!message || message.ephemeralFor !== null) return fail('message_not_found')
    return done({ channel: channel.id, permalink: `${origin()}/?channel=${channel.id}&ts=${message.ts}` })
  })

export type Content =
  | { readonly ok: true; readonly text: string; readonly blocks: readonly Block[]; readonly metadata: unknown }
  | { readonly ok: false; readonly answer: Answer }

/** Text and blocks of a message, checked; also for what comes by a response URL or as a command's answer. */
export function readContent(args: {
  readonly text?: string | undefined
  readonly blocks?: unknown
  readonly attachments?: unknown
  readonly metadata?: unknown
}): Content {
  const no = (error: string, messages: readonly string[] = []) => ({ ok: false, answer: fail(error, messages) }) as const
  if (Array.isArray(args.attachments) && args.attachments.length > 0)
    return no('invalid_attachments', [
      '[ERROR] the simulated workspace shows blocks, not attachments [json-pointer:/attachments]',
    ])
  if (args.blocks !== undefined && !Array.isArray(args.blocks)) return no('invalid_blocks_format')
  const blocks = readBlocks(args.blocks ?? [], 'message')
  if (!blocks.ok) return no(blocks.error, blocks.messages)
  const text = [...(args.text ?? '')].slice(0, MAX_POSTED_TEXT).join('')
  if (text === '' && blocks.blocks.length === 0) return no('no_text')
  if (args.metadata !== undefined) {
    if (!metadataShape.safeParse(args.metadata).success) return no('metadata_must_be_sent_as_json')
    if (JSON.stringify(args.metadata).length > MAX_METADATA_BYTES) return no('metadata_too_large')
  }
  return { ok: true, text, blocks: blocks.blocks, metadata: args.metadata ?? null }
}

/** A name like `#incident-42` stands for its channel; only posting takes one, changes need the id. */
function idOf(workspace: Workspace, channel: string): string {
  const named = channel.startsWith('#') && [...workspace.channels.values()].find(({ name }) => `#${name}` === channel)
  return named ? named.id : channel
}

type Writable = { readonly ok: true; readonly channel: Channel } | { readonly ok: false; readonly answer: Answer }

/** The channel if the app may write there; a person's id means their direct messages. */
function writable(workspace: Workspace, id: string): Writable {
  const no = (error: string) => ({ ok: false, answer: fail(error) }) as const
  const person = workspace.people.get(id)
  if (person?.flags.deactivated) return no('user_disabled')
  if (person?.flags.bot) return no('channel_not_found')
  const channel = person ? openDirect(workspace, id) : visibleChannel(workspace, id)
  if (!channel) return no('channel_not_found')
  if (channel.archived) return no('is_archived')
  if (!channel.members.has(workspace.app.userId)) return no('not_in_channel')
  return { ok: true, channel }
}
