// Messages: writing, changing, removing, and who sees which. An ephemeral message is seen by one person, stands in no history that the app can
// read, and dies with the process, as Slack's do.

import type { Block, MessageView } from './wire.ts'
import { type Channel, changed, type Message, nextTs, SYSTEM_USER, type Workspace } from './workspace.ts'

export interface NewMessage {
  readonly user: string
  readonly text: string
  readonly blocks?: readonly Block[]
  readonly threadTs?: string | null
  readonly metadata?: unknown
  readonly ephemeralFor?: string | null
}

/** Puts a message at the end of a channel. */
export function postMessage(workspace: Workspace, channel: Channel, written: NewMessage): Message {
  const message: Message = {
    ts: nextTs(workspace),
    channel: channel.id,
    user: written.user,
    threadTs: written.threadTs ?? null,
    text: written.text,
    blocks: written.blocks ?? [],
    metadata: written.metadata ?? null,
    editedTs: null,
    ephemeralFor: written.ephemeralFor ?? null,
    drafts: new Map(),
  }
  channel.messages.push(message)
  tell(workspace, channel, message)
  return message
}

/** Replaces text and blocks. Drafts stay: their elements may still be there. */
export function editMessage(
  workspace: Workspace,
  channel: Channel,
  message: Message,
  change: { readonly text: string; readonly blocks: readonly Block[]; readonly metadata?: unknown },
): void {
  message.text = change.text
  message.blocks = change.blocks
  if (change.metadata !== undefined) message.metadata = change.metadata
  message.editedTs = nextTs(workspace)
  tell(workspace, channel, message)
}

export function removeMessage(workspace: Workspace, channel: Channel, message: Message): void {
  channel.messages.splice(channel.messages.indexOf(message), 1)
  tell(workspace, channel, message)
}

/** A line from the workspace itself that one person sees: what Slack says when an app did not answer. */
export function systemNotice(workspace: Workspace, channel: Channel, person: string, text: string): void {
  postMessage(workspace, channel, { user: SYSTEM_USER, text, ephemeralFor: person })
}

export function findMessage(channel: Channel, ts: string): Message | undefined {
  return channel.messages.find((message) => message.ts === ts)
}

/** The messages of a channel as one person sees them, oldest first, replies included. */
export function messagesFor(channel: Channel, person: string): MessageView[] {
  return channel.messages
    .filter((message) => message.ephemeralFor === null || message.ephemeralFor === person)
    .map((message) => ({
      ts: message.ts,
      channel: channel.id,
      user: message.user,
      text: message.text,
      blocks: message.blocks,
      threadTs: message.threadTs,
      edited: message.editedTs !== null,
      ephemeral: message.ephemeralFor !== null,
      replyCount: channel.messages.filter((reply) => reply.threadTs === message.ts && reply.ephemeralFor === null).length,
      values: message.drafts.get(person) ?? {},
    }))
}

function tell(workspace: Workspace, channel: Channel, message: Message): void {
  changed(workspace, {
    kind: 'channel',
    channel: channel.id,
    people: message.ephemeralFor === null ? [...channel.members] : [message.ephemeralFor],
  })
}
