// Channels as the app may see them: open, info, list, members, history, replies. Ephemeral messages stand in no history.

import { z } from 'zod'
import { openDirect } from '../channels.ts'
import { messageObject } from '../payloads.ts'
import type { Channel, Message, Workspace } from '../workspace.ts'
import { type Answer, count, done, fail, flag, method, PARTNER_TEAM, page, visibleChannel } from './method.ts'

const named = z.object({ channel: z.string() })
const TYPES = { channel: 'public_channel', private: 'private_channel', direct: 'im' } as const
const paged = { limit: count, cursor: z.string().optional() }
const span = { oldest: z.string().optional(), latest: z.string().optional(), inclusive: flag.optional() }

export const conversationsOpen = method(
  z.object({ users: z.string().optional(), channel: z.string().optional(), return_im: flag.optional() }),
  (workspace, { users, channel, return_im }) => {
    if (channel !== undefined) {
      const known = visibleChannel(workspace, channel)
      return known ? done({ channel: channelObject(workspace, known) }) : fail('channel_not_found')
    }
    const ids = users?.split(',') ?? []
    const [user] = ids
    if (user === undefined) return fail('users_list_not_supplied')
    if (ids.length > 1) return fail('not_enough_users', ['the simulated workspace opens direct messages with one person only'])
    const person = workspace.people.get(user)
    if (!person) return fail('user_not_found')
    if (person.flags.deactivated) return fail('user_disabled')
    if (person.flags.bot) return fail('cannot_dm_bot')
    const direct = openDirect(workspace, user)
    return done({ channel: return_im ? channelObject(workspace, direct) : { id: direct.id } })
  },
)

export const conversationsInfo = method(named, (workspace, args) =>
  withChannel(workspace, args.channel, (channel) => done({ channel: channelObject(workspace, channel) })),
)

export const conversationsList = method(
  z.object({ ...paged, types: z.string().optional(), exclude_archived: flag.optional() }),
  (workspace, { limit, cursor, types, exclude_archived }) => {
    const kinds = (types ?? 'public_channel').split(',')
    const all = [...workspace.channels.values()].filter(
      (channel) =>
        visibleChannel(workspace, channel.id) && kinds.includes(TYPES[channel.kind]) && !(exclude_archived && channel.archived),
    )
    const { items, next } = page(all, limit, cursor)
    return done({ channels: items.map((channel) => channelObject(workspace, channel)), response_metadata: { next_cursor: next } })
  },
)

/** The channels the app itself is in. */
export const usersConversations = method(
  z.object({ ...paged, types: z.string().optional(), exclude_archived: flag.optional() }),
  (workspace, { limit, cursor, types, exclude_archived }) => {
    const kinds = (types ?? 'public_channel').split(',')
    const own = [...workspace.channels.values()].filter(
      (channel) =>
        channel.members.has(workspace.app.userId) &&
        kinds.includes(TYPES[channel.kind]) &&
        !(exclude_archived && channel.archived),
    )
    const { items, next } = page(own, limit, cursor)
    return done({ channels: items.map((channel) => channelObject(workspace, channel)), response_metadata: { next_cursor: next } })
  },
)

export const conversationsMembers = method(named.extend(paged), (workspace, args) =>
  withChannel(workspace, args.channel, (channel) => {
    const { items, next } = page([...channel.members], args.limit, args.cursor)
    return done({ members: items, response_metadata: { next_cursor: next } })
  }),
)

export const conversationsHistory = method(
  named.extend({ ...paged, ...span, include_all_metadata: flag.optional() }),
  (workspace, args) =>
    withChannel(workspace, args.channel, (channel) => {
      if (!channel.members.has(workspace.app.userId)) return fail('not_in_channel')
      const top = channel.messages.filter((message) => readable(message, args) && message.threadTs === null).reverse()
      return listed(workspace, channel, top, args)
    }),
)

export const conversationsReplies = method(
  named.extend({ ts: z.string(), ...paged, ...span, include_all_metadata: flag.optional() }),
  (workspace, args) =>
    withChannel(workspace, args.channel, (channel) => {
      if (!channel.members.has(workspace.app.userId)) return fail('not_in_channel')
      const root = channel.messages.find(({ ts }) => ts === args.ts)
      const replies = channel.messages.filter((message) => readable(message, args) && message.threadTs === args.ts)
      // The message that a thread hangs on comes with it, however old it is.
      return root ? listed(workspace, channel, [root, ...replies], args) : fail('thread_not_found')
    }),
)

function withChannel(workspace: Workspace, id: string, use: (channel: Channel) => Answer): Answer {
  const channel = visibleChannel(workspace, id)
  return channel ? use(channel) : fail('channel_not_found')
}

function readable(
  message: Message,
  args: { oldest?: string | undefined; latest?: string | undefined; inclusive?: boolean | undefined },
): boolean {
  const after = args.oldest === undefined || message.ts > args.oldest || (args.inclusive === true && message.ts === args.oldest)
  const before = args.latest === undefined || message.ts < args.latest || (args.inclusive === true && message.ts === args.latest)
  return message.ephemeralFor === null && after && before
}

function listed(
  workspace: Workspace,
  channel: Channel,
  all: readonly Message[],
  args: { limit?: number | undefined; cursor?: string | undefined; include_all_metadata?: boolean | undefined },
): Answer {
  const { items, next } = page(all, args.limit, args.cursor)
  const messages = items.map((message) => {
    const replies = channel.messages.filter((reply) => reply.threadTs === message.ts && reply.ephemeralFor === null)
    const thread = replies.length === 0 ? {} : { thread_ts: message.ts, reply_count: replies.length }
    const { metadata, ...told } = { metadata: undefined, ...messageObject(workspace, message) }
    // Slack leaves metadata out of a history unless it is asked for.
    return { ...told, ...(args.include_all_metadata && metadata ? { metadata } : {}), ...thread }
  })
  return done({ messages, has_more: next !== '', response_metadata: { next_cursor: next } })
}

function channelObject(workspace: Workspace, channel: Channel) {
  const shared = channel.externallyShared
  const common = {
    id: channel.id,
    created: Math.trunc(channel.createdAt / 1000),
    is_archived: channel.archived,
    is_org_shared: false,
  }
  if (channel.kind === 'direct')
    return { ...common, is_im: true, user: [...channel.members].find((id) => id !== workspace.app.userId), is_open: true }
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'channel',
    is_im: false,
    is_group: channel.kind === 'private',
    is_private: channel.kind === 'private',
    is_mpim: false,
    is_general: false,
    is_member: channel.members.has(workspace.app.userId),
    is_shared: shared,
    is_ext_shared: shared,
    is_pending_ext_shared: false,
    context_team_id: workspace.team.id,
    connected_team_ids: shared ? [PARTNER_TEAM] : [],
    num_members: channel.members.size,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  }
}
