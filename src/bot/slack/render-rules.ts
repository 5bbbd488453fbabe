// New rules in words, as a pure function: what became easier or another first, since that is what somebody may have wanted unseen.

import { isReworded, type Lowering } from '../../runbooks/lowering.ts'
import type { NoticeView } from '../notice-view.ts'
import { listed, type Piece } from './blocks.ts'

const LOWERED: { readonly [L in Lowering]: string } = {
  others_may_ask: 'others may ask',
  fewer_approvals: 'fewer approvals are needed',
  others_may_approve: 'others may approve',
  longer_lease: 'access lasts longer',
  older_confirmation: 'an older confirmation counts',
  other_right: 'something else is granted than before',
  other_values: 'it takes other values than before',
  more_values: 'it takes more values than before',
  other_names: 'it or its values are called otherwise',
}

/** What became easier or another, who gained what, and from when anybody may approve by it. */
export function ruleLines({ gain, countsFrom, at, name }: Extract<NoticeView, { is: 'rules' }>, most: number): Piece[][] {
  const gained = [...gain.groups, ...gain.roles].filter((change) => change.gained.length > 0)
  const accounts = gain.accounts.filter((change) => change.gained.length > 0)
  const lowered = gain.actions.filter((action) => action.lowered.length > 0)
  const added = gain.actions.filter(({ change }) => change === 'added')
  const reworded = gain.actions.filter((action) => action.lowered.length === 0 && isReworded(action.members))
  const channel = gain.security_channel
  const all: Piece[][] = [
    ...lowered.map(({ action, lowered: why }): Piece[] => [
      '⚠️ ',
      { bold: action },
      `: ${why.map((each) => LOWERED[each]).join(', ')}`,
    ]),
    ...added.map(({ action }): Piece[] => [{ bold: action }, ' is new']),
    ...gained.map((change): Piece[] => [{ bold: change.name }, ' gained ', ...listed(change.gained.map(name))]),
    ...reworded.map(({ action }): Piece[] => [{ bold: action }, ': its description has changed']),
    ...accounts.map((change): Piece[] => [
      'Who stands for ',
      { person: name(change.name) },
      ' in Slack or at the sign-in provider has changed',
    ]),
    ...(gain.keys ? [['What security keys must be, or how long what is new waits, has changed']] : []),
    ...(channel
      ? [[`Changes are told in ${channel.is || 'no channel'} from now on, and no more in ${channel.was || 'none'}`]]
      : []),
  ]
  const more = all.length - most
  return [
    ...all.slice(0, most),
    ...(more > 0 || !gain.complete
      ? [[more > 0 ? `and ${more} more; the log has all of it` : 'There is more than can be shown; the log has it']]
      : []),
    ...(countsFrom > at
      ? [['Nobody approves by what is new before ', { on: countsFrom }, ', unless two administrators sign for it.'] as Piece[]]
      : []),
    ['Published ', { on: at }, ' by whoever may change the runbooks.'],
  ]
}
