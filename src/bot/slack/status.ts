// Where a request stands, in words: one line for a notification, lines with names and times for a message. Pure; every state has its words, and what
// is not known is not claimed.

import { durationWords } from '../../domain/words.ts'
import type { Named, RequestView } from '../request-view.ts'
import type { Piece } from './blocks.ts'

/** What is still missing: "1 more of service-owners, 2 more of dba". */
export const missingWords = (view: RequestView): string =>
  view.missing.map(({ group, count }) => `${count} more of ${group}`).join(', ') || 'nobody more'

/** The state in a few words of ours; holds nothing that anybody wrote. */
export function headline(view: RequestView): string {
  const { grant } = view
  if (grant) {
    switch (grant.state) {
      case 'issuing':
        return 'the credential is being made'
      case 'active':
        return 'access is active'
      case 'revoking':
        return 'access is being ended'
      case 'revoked':
        return 'access was revoked'
      case 'returned':
        return 'access was given back'
      case 'failed':
        return 'the credential could not be made'
      case 'expired':
        return 'access has ended'
    }
  }
  switch (view.state) {
    case 'checking':
      return 'is being checked'
    case 'refused':
      return 'was not accepted'
    case 'awaiting_requester':
      return 'waits for the requester’s key'
    case 'awaiting_approvers':
      return view.held ? 'waits for approvers, with an objection' : 'waits for approvers'
    case 'approved':
      return view.held ? 'approved, but held by an objection' : 'approved'
    case 'claimed':
      return 'claimed'
    case 'lapsed':
      return 'ran out of time'
    case 'cancelled':
      return 'was cancelled'
    case 'voided':
      return 'was made void by a change'
    case 'denied':
      return 'was denied'
  }
}

/** Whether the reader is one of those whom notes are for; a channel is read by anybody in it. */
export type Readers = 'all' | 'involved'

/** The state with who and when. */
export function statusLines(view: RequestView, readers: Readers = 'all'): Piece[][] {
  const approvals = view.decisions.filter(({ decision }) => decision === 'approve').length
  const needed = view.needed.reduce((sum, { count }) => sum + count, 0)
  return [
    ...view.decisions.map(({ by, decision, at, leaseSeconds, note }): Piece[] => [
      decision === 'approve' ? '✅ ' : '⛔ ',
      { person: by },
      decision === 'approve' ? ' approved at ' : ' denied at ',
      { at },
      leaseSeconds === undefined ? '' : `, for ${durationWords(leaseSeconds)} at most`,
      note === undefined ? '' : readers === 'involved' ? `: “${note}”` : ', with a note',
    ]),
    ...(view.held ? [heldLine(view, view.held)] : []),
    ...(view.state === 'denied' && view.decisions.some(({ decision }) => decision === 'deny')
      ? []
      : [standing(view, needed > 1 ? `${approvals} of ${needed} approvals; ` : '')]),
  ]
}

const heldLine = (view: RequestView, by: Named): Piece[] => [
  '✋ ',
  { person: by },
  ' objected: nothing can be claimed for now',
  view.objection === undefined ? '' : `. “${view.objection}”`,
]

function standing(view: RequestView, count: string): Piece[] {
  if (view.grant) return grantLine(view.grant)
  const { by, at } = view.ended
  const when: Piece[] = at === undefined ? [] : [' at ', { at }]
  switch (view.state) {
    case 'checking':
      return ['⏳ Is being checked']
    case 'refused':
      return ['⛔ Not accepted: ', view.refusal ?? 'no reason given']
    case 'awaiting_requester':
      return ['⏳ Waits for ', { person: view.requester }, ' to confirm with a key until ', { at: view.confirmBy }]
    case 'awaiting_approvers':
      return [`⏳ ${count}${count === '' ? 'W' : 'w'}aits for ${missingWords(view)} until `, { at: view.decideBy }]
    case 'approved':
      return view.held
        ? ['⏳ Approved, but held; the time to claim it ends at ', { at: view.claimBy }]
        : ['✅ Approved; ', { person: view.requester }, ' may claim it until ', { at: view.claimBy }]
    case 'claimed':
      return ['✅ Claimed']
    case 'lapsed':
      return ['⌛ Ran out of time', ...when]
    case 'cancelled':
      return ['Cancelled by the requester', ...when]
    case 'voided':
      return ['⛔ Made void', ...when, ...(view.ended.reason ? [`: ${view.ended.reason}`] : [])]
    case 'denied':
      return ['⛔ Denied', ...(by ? [' by ', { person: by }] : []), ...when]
  }
}

function grantLine(grant: NonNullable<RequestView['grant']>): Piece[] {
  const at: Piece = { at: grant.endedAt ?? grant.endsAt }
  const by: Piece[] = grant.endedBy ? [' by ', { person: grant.endedBy }] : []
  const why: Piece[] = whyRevoked(grant)
  switch (grant.state) {
    case 'issuing':
      return ['⏳ The credential is being made']
    case 'active':
      return ['🔓 Active until ', { at: grant.endsAt }]
    case 'revoking':
      return [
        grant.reason === 'returned' ? '⏳ Given back' : '⏳ Being revoked',
        ...by,
        ' at ',
        at,
        ...why,
        ...recallWords(grant),
      ]
    case 'revoked':
      return ['🔒 Revoked', ...by, ' at ', at, ...why, ...endedWords(grant)]
    case 'returned':
      return ['🔒 Given back at ', at, ...endedWords(grant)]
    case 'failed':
      return ['⛔ The credential could not be made; nothing was handed out']
    case 'expired':
      return ['🔒 Ended at ', at]
  }
}

function whyRevoked({ reason, endedBy }: NonNullable<RequestView['grant']>): Piece[] {
  if (reason === 'deactivated') return [', because the account of who asked was deactivated']
  return reason === 'revoked' && !endedBy ? [' by Countersign, because a check no longer passed'] : []
}

/** While it is being ended. */
function recallWords({ recall, unanswered, endsAt }: NonNullable<RequestView['grant']>): Piece[] {
  switch (recall) {
    case undefined:
      return []
    case 'confirmed':
      return ['; the target confirmed it']
    case 'pending':
      return unanswered
        ? ['; ⚠ the target does not confirm it. It is asked on; what was handed out ends by itself at ', { at: endsAt }]
        : ['; the target is told and has not confirmed it yet. Without that it ends at ', { at: endsAt }]
    case 'not_before_expiry':
      return ['; what was handed out cannot be recalled before ', { at: endsAt }]
  }
}

/** When all of it is over: a target that did not confirm is not said to have. */
function endedWords({ recall, endsAt }: NonNullable<RequestView['grant']>): Piece[] {
  if (recall === undefined) return []
  return recall === 'confirmed' ? ['; the target confirmed it'] : ['; what was handed out ended by itself at ', { at: endsAt }]
}
