// Whom a request did not reach, in words for its requester, who else waits for people that never heard of it: the runbook's channel, and those who may
// decide. A code of Slack's becomes what a person can do about it.

import { readPlace } from '../../commands/places.ts'
import type { RuleSet } from '../../domain/action.ts'
import type { RequestView } from '../request-view.ts'
import { nameOf } from '../request-view.ts'
import type { Piece } from './blocks.ts'

export type Unheard = { readonly place: string; readonly error: string }

/** One line for each place that was not reached while it matters, and one about the others. */
export function unheardLines(
  view: RequestView,
  set: RuleSet,
  unheard: readonly Unheard[],
  of: { teamIds: readonly string[]; channel: string; publicUrl: string },
): Piece[][] {
  if (view.state !== 'awaiting_approvers') return []
  const people: Piece[][] = []
  let channel: Piece[] | undefined
  for (const { place, error } of unheard) {
    const read = readPlace(place)
    if (read.is === 'channel') channel = [`${of.channel} was not told: ${channelWords(error)}`]
    if (read.is === 'ask')
      people.push([{ bold: nameOf(set, read.person, of.teamIds).name }, ` could not be reached: ${accountWords(error)}`])
  }
  if (!channel && people.length === 0) return []
  const rest = people.length === 0 ? 'Those who decide were asked directly.' : 'Everybody else who may decide was asked.'
  return [
    ...(channel ? [channel] : []),
    ...people,
    [`${rest} Who was not finds this request at `, { link: of.publicUrl, text: of.publicUrl }, '.'],
  ]
}

function channelWords(code: string): string {
  switch (code) {
    case 'shared_channel':
      return 'it is shared with another organisation, and what is asked stays inside.'
    case 'is_archived':
      return 'it is archived.'
    case 'not_in_channel':
    case 'channel_not_found':
      return 'Countersign is not in it, or it is gone. Somebody can invite it there.'
    case 'missing_scope':
      return 'the Slack app lacks a permission. Whoever runs Countersign can install it anew.'
    default:
      return `Slack took no message there (${code}).`
  }
}

function accountWords(code: string): string {
  switch (code) {
    case 'account_deactivated':
    case 'user_disabled':
      return 'the Slack account is deactivated.'
    case 'user_not_found':
    case 'users_not_found':
    case 'user_not_visible':
    case 'channel_not_found':
      return 'there is no such Slack account.'
    case 'account_external':
      return 'the Slack account belongs to another organisation.'
    case 'account_guest':
      return 'the Slack account is a guest’s.'
    case 'account_bot':
    case 'cannot_dm_bot':
      return 'the Slack account is an app’s.'
    case 'account_invited':
      return 'the invitation to Slack was never accepted.'
    case 'messages_tab_disabled':
      return 'it takes no direct messages from apps.'
    default:
      return `Slack took no message (${code}).`
  }
}
