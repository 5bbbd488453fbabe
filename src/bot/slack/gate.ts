// Who acts in Slack, and whether we answer: an account of an allowed workspace that is a full, living member there, and that the directory knows as
// one of its people. Slack's word is only ever taken against somebody (DESIGN section 1): what Slack says may shut a person out, never let one in.
// What Slack told of an account is believed for five minutes; when it does not answer, nobody is let in.

import type { WebClient } from '@slack/web-api'
import { z } from 'zod'
import type { BotContext, Published } from '../../commands/context.ts'
import { refusePerson } from '../../commands/refuse-person.ts'
import { type Person, personOfSlack } from '../../domain/action.ts'
import { refusalWords } from '../../domain/words.ts'

export type Account = { readonly team: string; readonly user: string }
export type Barrier =
  | 'not_published'
  | 'unknown'
  | 'foreign_workspace'
  | 'guest'
  | 'external'
  | 'bot'
  | 'deactivated'
  | 'invited'
  | 'slack_silent'
export type Admission =
  | { readonly ok: true; readonly person: Person; readonly published: Published }
  | { readonly ok: false; readonly words: string }

const BELIEVED_MS = 300_000
const KEPT = 5000

/** What counts of `users.info`. */
export const SlackUser = z.looseObject({
  team_id: z.string().optional(),
  deleted: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_workflow_bot: z.boolean().optional(),
  is_invited_user: z.boolean().optional(),
})

export type Gate = {
  readonly admit: (account: Account) => Promise<Admission>
  /** Drops what is believed of an account, because Slack says that it changed. */
  readonly forget: (user: string) => void
}

export function createGate(ctx: BotContext, client: WebClient, teamIds: readonly string[]): Gate {
  const believed = new Map<string, { readonly at: number; readonly barrier: Barrier | undefined }>()
  const look = async (user: string): Promise<Barrier | undefined> => {
    const now = ctx.now().getTime()
    const known = believed.get(user)
    if (known && now - known.at < BELIEVED_MS) return known.barrier
    try {
      const barrier = barrierOf(SlackUser.parse((await client.users.info({ user })).user), teamIds)
      believed.delete(user)
      const oldest = believed.size >= KEPT ? believed.keys().next().value : undefined
      if (oldest !== undefined) believed.delete(oldest)
      believed.set(user, { at: now, barrier })
      return barrier
    } catch (error) {
      ctx.log.warn({ user, error: error instanceof Error ? error.message : 'unknown' }, 'Slack did not say who somebody is')
      return 'slack_silent'
    }
  }
  return {
    forget: (user) => {
      believed.delete(user)
    },
    admit: async ({ team, user }) => {
      const no = (barrier: Barrier): Admission => ({ ok: false, words: barrierWords(barrier) })
      if (!teamIds.includes(team)) return no('foreign_workspace')
      const published = await ctx.published()
      if (!published) return no('not_published')
      const person = personOfSlack(published.ruleSet, team, user)
      const barrier = await look(user)
      if (barrier && person) await refusePerson(ctx, person.id, barrier)
      if (barrier) return no(barrier)
      return person ? { ok: true, person, published } : no('unknown')
    },
  }
}

/** What stands against an account, by what Slack says of it. */
export function barrierOf(user: z.infer<typeof SlackUser>, teamIds: readonly string[]): Barrier | undefined {
  if (user.deleted) return 'deactivated'
  if (user.is_bot || user.is_workflow_bot) return 'bot'
  if (user.is_stranger || (user.team_id !== undefined && !teamIds.includes(user.team_id))) return 'external'
  if (user.is_restricted || user.is_ultra_restricted) return 'guest'
  return user.is_invited_user ? 'invited' : undefined
}

/** Why somebody is not answered, and what they can do. */
export function barrierWords(barrier: Barrier): string {
  switch (barrier) {
    case 'not_published':
      return 'Countersign is starting and has no rules yet. Try again in a moment.'
    case 'unknown':
      return refusalWords({ reason: 'unknown_person' })
    case 'foreign_workspace':
    case 'external':
      return 'Countersign serves only members of its own workspace.'
    case 'guest':
      return 'Guests of this workspace cannot use Countersign. A full member can ask for you.'
    case 'bot':
      return 'Countersign answers people only.'
    case 'deactivated':
      return 'This Slack account is deactivated.'
    case 'invited':
      return 'Accept the invitation to this workspace first.'
    case 'slack_silent':
      return 'Slack did not confirm your account just now. Try again.'
  }
}
