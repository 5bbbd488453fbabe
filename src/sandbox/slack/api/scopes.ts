// Which scope a method needs, as Slack's reference says, for an app whose manifest names its scopes: what works here must not end in `missing_scope`
// there. Methods about a channel need the scope of its kind; the app's own direct messages are `im`.

import type { Workspace } from '../workspace.ts'

const FIXED: Readonly<Record<string, string>> = {
  'chat.postMessage': 'chat:write',
  'chat.update': 'chat:write',
  'chat.postEphemeral': 'chat:write',
  'chat.delete': 'chat:write',
  'conversations.open': 'im:write',
  'team.info': 'team:read',
  'bots.info': 'users:read',
  'users.info': 'users:read',
  'users.list': 'users:read',
  'users.lookupByEmail': 'users:read.email',
  'usergroups.list': 'usergroups:read',
  'usergroups.users.list': 'usergroups:read',
}
const BY_KIND: Readonly<Record<string, 'read' | 'history'>> = {
  'conversations.info': 'read',
  'conversations.members': 'read',
  'conversations.history': 'history',
  'conversations.replies': 'history',
}
const LISTS = new Set(['conversations.list', 'users.conversations'])
const PREFIX = { channel: 'channels', private: 'groups', direct: 'im' } as const
const OF_TYPE: Readonly<Record<string, string>> = {
  public_channel: 'channels',
  private_channel: 'groups',
  im: 'im',
  mpim: 'mpim',
}

/** What the app lacks to call a method; undefined when nothing, or when its scopes are not told. */
export function missingScope(
  { app, channels }: Workspace,
  method: string,
  body: Readonly<Record<string, unknown>>,
): { readonly needed: string; readonly provided: string } | undefined {
  const { scopes } = app
  if (!scopes) return undefined
  const lacks = (needed: readonly string[]) => needed.find((scope) => !scopes.includes(scope))
  const fixed = FIXED[method]
  const kind = BY_KIND[method]
  const channel = kind && channels.get(String(body['channel']))
  const needed = [
    ...(fixed === undefined ? [] : [fixed]),
    ...(channel && kind ? [`${PREFIX[channel.kind]}:${kind}`] : []),
    ...(LISTS.has(method)
      ? String(body['types'] ?? 'public_channel')
          .split(',')
          .map((type) => `${OF_TYPE[type.trim()] ?? type}:read`)
      : []),
  ]
  const first = lacks(needed)
  return first === undefined ? undefined : { needed: first, provided: scopes.join(',') }
}
