// What a workspace's administrators do: people leave, come back or become guests; channels are renamed, archived or shared. The app learns of it by
// events, if it has subscribed.

import { userObject } from '../api/method.ts'
import { type ChannelChange, changeChannel } from '../channels.ts'
import { type Channel, changed, type Flags, nextTs, type Person } from '../workspace.ts'
import type { ActContext } from './act.ts'

export type PersonChange = { readonly [K in keyof Flags]?: boolean | undefined } & {
  readonly name?: string | undefined
  readonly title?: string | undefined
}

/** Changes a person. A deactivated one sees and does nothing more; their open forms are gone. */
export function administerPerson({ workspace, events }: ActContext, person: Person, change: PersonChange): void {
  person.name = change.name ?? person.name
  person.title = change.title ?? person.title
  for (const flag of ['guest', 'singleChannel', 'external', 'deactivated', 'bot', 'workflow'] as const)
    person.flags[flag] = change[flag] ?? person.flags[flag]
  person.updatedAt = workspace.now()
  if (person.flags.deactivated) workspace.modals.delete(person.slackId)
  changed(workspace, { kind: 'world' })
  void events.emit({ type: 'user_change', user: userObject(workspace, person), event_ts: nextTs(workspace) })
}

/** Changes a channel. */
export function administerChannel({ workspace, events }: ActContext, channel: Channel, change: ChannelChange): void {
  for (const type of changeChannel(workspace, channel, change)) {
    const about = type === 'channel_rename' ? { id: channel.id, name: channel.name, created: channel.createdAt } : channel.id
    void events.emit({ type, channel: about, event_ts: nextTs(workspace) })
  }
}

/** Deletes a channel with everything in it. */
export function removeChannel({ workspace, events }: ActContext, channel: Channel): void {
  workspace.channels.delete(channel.id)
  changed(workspace, { kind: 'world' })
  void events.emit({ type: 'channel_deleted', channel: channel.id, event_ts: nextTs(workspace) })
}

/** Lets a person into a channel, or out of it. */
export function administerMember({ workspace, events }: ActContext, channel: Channel, person: Person, member: boolean): void {
  if (channel.members.has(person.slackId) === member) return
  if (member) channel.members.add(person.slackId)
  else channel.members.delete(person.slackId)
  changed(workspace, { kind: 'world' })
  void events.emit({
    type: member ? 'member_joined_channel' : 'member_left_channel',
    user: person.slackId,
    channel: channel.id,
    channel_type: channel.kind === 'private' ? 'G' : 'C',
    team: workspace.team.id,
    event_ts: nextTs(workspace),
  })
}
