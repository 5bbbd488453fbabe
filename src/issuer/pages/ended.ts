// How a request ended, in a sentence: says no more than is known. An early end is over only when it is confirmed (invariant 6).

import type { GrantRow } from '../../db/grants.ts'
import type { Recall } from '../../domain/grant.ts'
import { timeWords } from '../../domain/words.ts'
import type { Adopted } from '../view-state.ts'

const again = ' Ask again in Slack if it is still needed.'

/** What became of it, for a person who has nothing to do (any more). */
export function endText({ state, ended, grant, recall }: Adopted): string | undefined {
  switch (state) {
    case 'denied':
      return 'This request was denied. Nothing was handed out.'
    case 'cancelled':
      return 'This request was cancelled. Nothing was handed out.'
    case 'lapsed':
      return `The time for this ran out.${again}`
    case 'voided':
      return `This request is void (${ended?.why ?? 'something it stands on changed'}).${again}`
    case 'approved':
      return 'This is approved; the requester can fetch the credential.'
    case 'claimed':
      return grant ? grantText(grant, recall) : 'The access is in use.'
    default:
      return undefined
  }
}

/** Says no more than is known: an early end is over only when it is confirmed. */
function grantText({ state, ends_at }: GrantRow, recall: Recall | undefined): string {
  switch (state) {
    case 'issuing':
    case 'active':
      return 'The access is in use.'
    case 'revoking':
      return recall === 'not_before_expiry'
        ? `Nothing more can be fetched. The credential itself cannot be recalled: it works until ${timeWords(ends_at.getTime())}. Delete it wherever it was copied to.`
        : 'Nothing more can be fetched. The target is told, and has not confirmed yet that the credential is gone.'
    case 'returned':
    case 'revoked':
      return 'The access ended early, and the credential is gone.'
    case 'expired':
      return 'The access has ended by itself.'
    case 'failed':
      return 'The credential could not be made. Nothing was handed out; ask again, and tell whoever runs Countersign.'
  }
}
