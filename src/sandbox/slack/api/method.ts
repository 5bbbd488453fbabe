// One Web API method: the schema of its arguments and what it does. Arguments come as a form or as JSON; in a form, objects and lists are JSON in a
// string and booleans are words. Unknown arguments are ignored, as Slack does. Errors are Slack's codes.

import { z } from 'zod'
import { complaints } from '../block-kit.ts'
import type { Channel, Person, Workspace } from '../workspace.ts'

export type Answer = { readonly ok: boolean; readonly error?: string } & Readonly<Record<string, unknown>>
export interface Method {
  readonly call: (workspace: Workspace, body: Readonly<Record<string, unknown>>) => Answer
}

/** A method of the Web API. */
export function method<S extends z.ZodType>(schema: S, run: (workspace: Workspace, args: z.infer<S>) => Answer): Method {
  return {
    call: (workspace, body) => {
      const args = schema.safeParse(body)
      return args.success ? run(workspace, args.data) : fail('invalid_arguments', complaints(args.error, body, ''))
    },
  }
}

export const done = (fields: Readonly<Record<string, unknown>> = {}): Answer => ({ ok: true, ...fields })
export const fail = (error: string, messages: readonly string[] = []): Answer =>
  messages.length === 0 ? { ok: false, error } : { ok: false, error, errors: messages, response_metadata: { messages } }

/** A structured argument: itself in a JSON body, JSON in a string in a form; a string that is not JSON stays one and fails its schema. */
export const structured = z.unknown().transform((value) => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
})
export const flag = z.unknown().transform((value) => value === true || value === 'true' || value === '1' || value === 1)
export const count = z.coerce.number().int().min(1).max(1000).optional()

/** The channel if the app may know of it: a private one only as a member. */
export function visibleChannel(workspace: Workspace, id: string): Channel | undefined {
  const channel = workspace.channels.get(id)
  return channel && (channel.kind === 'channel' || channel.members.has(workspace.app.userId)) ? channel : undefined
}

/** One page of a list, with Slack's cursor. */
export function page<T>(all: readonly T[], limit: number | undefined, cursor: string | undefined) {
  const from = cursor ? Number(Buffer.from(cursor, 'base64url').toString()) || 0 : 0
  const size = limit ?? 100
  const next = from + size < all.length ? Buffer.from(String(from + size)).toString('base64url') : ''
  return { items: all.slice(from, from + size), next }
}

/** A person as `users.info` tells it. */
export function userObject(workspace: Workspace, person: Person) {
  const { flags, slackId, handle, name } = person
  return {
    id: slackId,
    team_id: homeOf(workspace, person),
    name: handle,
    real_name: name,
    deleted: flags.deactivated,
    color: person.avatarColour.slice(1),
    tz: 'Etc/UTC',
    tz_label: 'UTC',
    tz_offset: 0,
    profile: {
      title: person.title,
      real_name: name,
      real_name_normalized: name,
      display_name: handle,
      display_name_normalized: handle,
      email: flags.bot ? undefined : emailOf(workspace, person),
      team: homeOf(workspace, person),
      ...(flags.bot ? botOf(workspace, person) : {}),
    },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: flags.guest,
    is_ultra_restricted: flags.singleChannel,
    is_stranger: flags.external,
    is_bot: flags.bot,
    is_app_user: false,
    is_workflow_bot: flags.workflow,
    is_invited_user: false,
    is_email_confirmed: true,
    updated: Math.trunc(person.updatedAt / 1000),
  }
}

/** The organisation a person belongs to. */
export const homeOf = ({ team }: Workspace, { flags }: Person): string => (flags.external ? PARTNER_TEAM : team.id)
export const PARTNER_TEAM = 'T0PARTNER1'

const botOf = ({ app }: Workspace, { slackId }: Person) =>
  slackId === app.userId
    ? { bot_id: app.botId, api_app_id: app.id }
    : { bot_id: `B${slackId.slice(1)}`, api_app_id: `A${slackId.slice(1)}` }

export const emailOf = (workspace: Workspace, person: Person): string => `${person.handle}@${workspace.team.domain}.example`
