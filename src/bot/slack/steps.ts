// Which entries of the log are steps that people are told of, and each in one short line. Pure; what anybody wrote goes into elements that parse nothing.

import type { EntryType } from '../../domain/event.ts'
import { durationWords } from '../../domain/words.ts'
import type { Named, RequestView } from '../request-view.ts'
import type { Piece } from './blocks.ts'

export const STEP_TYPES = [
  'request.confirmed',
  'statement.accepted',
  'request.held',
  'objection.explained',
  'request.released',
  'request.cancelled',
  'request.lapsed',
  'request.voided',
  'grant.activated',
  'grant.failed',
  'grant.ending',
  'credential.recall_failed',
  'grant.returned',
  'grant.revoked',
  'grant.expired',
] as const satisfies readonly (EntryType<'bot'> | EntryType<'issuer'>)[]
type StepType = (typeof STEP_TYPES)[number]

export type Step = {
  readonly type: StepType
  /** What of the entry's body a line needs. */
  readonly decision?: 'approve' | 'deny' | undefined
  readonly leaseSeconds?: number | undefined
  readonly noted: boolean
  readonly wish?: string | undefined
  readonly why?: string | undefined
  readonly lifted: 'approval' | 'objector'
}

/** What an entry says; undefined when it is no step: a confirmation or a revocation has an entry of its own beside its statement's. */
export function stepOf(row: { readonly type: string; readonly bytes: Buffer }): Step | undefined {
  const type = STEP_TYPES.find((each) => each === row.type)
  const text = row.bytes.toString('utf8')
  const body = JSON.parse(text.slice(text.indexOf('\n') + 1)) as Record<string, unknown>
  const word = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined)
  const decision = word('decision')
  const decided = decision === 'approve' || decision === 'deny' ? decision : undefined
  if (!type || (type === 'statement.accepted' && !decided)) return undefined
  return {
    type,
    decision: decided,
    leaseSeconds: typeof body['lease_seconds'] === 'number' ? body['lease_seconds'] : undefined,
    noted: body['note'] !== undefined,
    wish: type === 'objection.explained' ? word('wish') : undefined,
    why: word('why') ?? word('reason'),
    lifted: body['by'] === 'approval' ? 'approval' : 'objector',
  }
}

type Line = { readonly text: string; readonly pieces: readonly Piece[] }
type Told = Step & { readonly by: Named | undefined; readonly said: string | undefined }

/** The line of a step; undefined when nothing is left to be said. */
export function lineOf(view: RequestView, step: Told): Line | undefined {
  const pieces = piecesOf(view, step)
  return pieces && { text: `${WORDS[step.type]} (${view.checkCode})`, pieces }
}

/** For a notification: words of ours alone. */
const WORDS: { readonly [T in StepType]: string } = {
  'request.confirmed': 'Confirmed with a key',
  'statement.accepted': 'Decided',
  'request.held': 'Objected',
  'objection.explained': 'About the objection',
  'request.released': 'The objection is lifted',
  'request.cancelled': 'Cancelled',
  'request.lapsed': 'Ran out of time',
  'request.voided': 'Made void',
  'grant.activated': 'Claimed',
  'grant.failed': 'The credential could not be made',
  'grant.ending': 'Ended early',
  'credential.recall_failed': 'The target does not confirm the end',
  'grant.returned': 'Over',
  'grant.revoked': 'Over',
  'grant.expired': 'Ended',
}

function piecesOf(view: RequestView, step: Told): readonly Piece[] | undefined {
  const who: Piece = step.by && step.by.id !== 'issuer' ? { person: step.by } : 'Countersign'
  switch (step.type) {
    case 'request.confirmed':
      return ['🔑 ', who, ' confirmed with a key']
    case 'statement.accepted': {
      const less = step.leaseSeconds === undefined ? '' : `, for ${durationWords(step.leaseSeconds)} at most`
      return [
        step.decision === 'approve' ? '✅ ' : '⛔ ',
        who,
        step.decision === 'approve' ? ' approved' : ' denied',
        less,
        step.noted ? ', with a note' : '',
      ]
    }
    case 'request.held':
      return ['✋ ', who, ' objected: nothing can be claimed for now']
    case 'objection.explained':
      return step.said === undefined ? undefined : ['✋ ', who, `: “${step.said}”`]
    case 'request.released':
      return step.lifted === 'approval' ? ['The approval of ', who, ' lifted the objection'] : [who, ' lifted the objection']
    case 'request.cancelled':
      return [who, ' cancelled it']
    case 'request.lapsed':
      return ['⌛ Ran out of time']
    case 'request.voided':
      return ['⛔ Made void', step.why === undefined ? '' : `: ${step.why}`]
    case 'grant.activated':
      return view.grant && ['🔓 Claimed, until ', { at: view.grant.endsAt }]
    case 'grant.failed':
      return ['⛔ The credential could not be made; nothing was handed out']
    case 'grant.ending':
      return [...(step.why === 'returned' ? ['⏳ ', who, ' gave it back'] : ['⏳ ', who, ' revoked it']), ...recall(view)]
    case 'credential.recall_failed':
      return view.grant && ['⚠️ The target does not confirm it. It is asked on; it ends by itself at ', { at: view.grant.endsAt }]
    case 'grant.returned':
    case 'grant.revoked':
      return ['🔒 Over: nothing of it works any more']
    case 'grant.expired':
      return ['🔒 Ended at its time']
  }
}

const recall = ({ grant }: RequestView): Piece[] =>
  grant?.recall === 'not_before_expiry' ? ['; it cannot be recalled before ', { at: grant.endsAt }] : []
