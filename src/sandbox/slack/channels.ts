// Channels and direct messages: finding, opening, who is in, what is unread. A person sees the channels they are a member of; the app and each
// person share one direct message channel, whose id is made once.

import type { ChannelView, PersonView } from './wire.ts'
import { type Channel, changed, type Person, type Workspace } from './workspace.ts'

/** The direct message channel of the app and one person, made at the first call. */
export function openDirect(workspace: Workspace, person: string): Channel {
  const id = `D${person.slice(1)}`
  const known = workspace.channels.get(id)
  if (known) return known
  const channel: Channel = {
    id,
    name: '',
    topic: '',
    kind: 'direct',
    members: new Set([person, workspace.app.userId]),
    archived: false,
    externallyShared: false,
    createdAt: workspace.now(),
    messages: [],
  }
  workspace.channels.set(id, channel)
  changed(workspace, { kind: 'world', people: [person] })
  return channel
}

/** What the control API may do to a channel. */
export interface ChannelChange {
  readonly name?: string | undefined
  readonly topic?: string | undefined
  readonly archived?: boolean | undefined
  readonly externallyShared?: boolean | undefined
}
/** Renames, archives or shares a channel; says what changed, in the words of the Events API. */
export function changeChannel(workspace: Workspace, channel: Channel, change: ChannelChange): string[] {
  const events: string[] = []
  if (change.name !== undefined && change.name !== channel.name) events.push('channel_rename')
  if (change.archived !== undefined && change.archived !== channel.archived)
    events.push(change.archived ? 'channel_archive' : 'channel_unarchive')
  if (change.externallyShared !== undefined && change.externallyShared !== channel.externallyShared)
    events.push(change.externallyShared ? 'channel_shared' : 'channel_unshared')
  channel.name = change.name ?? channel.name
  channel.topic = change.topic ?? channel.topic
  channel.archived = change.archived ?? channel.archived
  channel.externallyShared = change.externallyShared ?? channel.externallyShared
  changed(workspace, { kind: 'world' })
  return events
}

/** The channels one person sees, in the order of the world, direct messages last. */
export function channelsOf(workspace: Workspace, person: string): ChannelView[] {
  const mine = [...workspace.channels.values()].filter((channel) => channel.members.has(person))
  return [...mine.filter((c) => c.kind !== 'direct'), ...mine.filter((c) => c.kind === 'direct')].map((channel) =>
    channelView(workspace, channel, person),
  )
}

export function channelView(workspace: Workspace, channel: Channel, person: string): ChannelView {
  const read = workspace.read.get(`${person} ${channel.id}`) ?? ''
  const unread = channel.messages.filter(
    (message) =>
      message.ts > read && message.user !== person && (message.ephemeralFor === null || message.ephemeralFor === person),
  )
  return {
    id: channel.id,
    name: channel.kind === 'direct' ? workspace.app.name : channel.name,
    topic: channel.topic,
    kind: channel.kind,
    archived: channel.archived,
    externallyShared: channel.externallyShared,
    members: [...channel.members],
    unread: unread.length,
  }
}

/** Marks everything that is in the channel now as read. */
export function markRead(workspace: Workspace, channel: Channel, person: string): void {
  const last = channel.messages.at(-1)?.ts
  if (last === undefined || workspace.read.get(`${person} ${channel.id}`) === last) return
  workspace.read.set(`${person} ${channel.id}`, last)
  changed(workspace, { kind: 'world', people: [person] })
}

export function personView(person: Person): PersonView {
  const { slackId, handle, name, title, avatarColour, flags } = person
  return { id: slackId, handle, name, title, avatarColour, ...flags }
}
