// A request in every state that people can see, for the golden files of what is rendered from it.

import type { Named, RequestView } from '../../src/bot/request-view.ts'

export const REY: Named = { id: 'rey', name: 'Rey Okafor', slack: 'U0REY' }
export const ANA: Named = { id: 'ana', name: 'Ana Lindqvist', slack: 'U0ANA' }
export const BO: Named = { id: 'bo', name: 'Bo Tanaka', slack: undefined }
export const MIRA: Named = { id: 'mira', name: 'Mira Castellanos', slack: 'U0MIRA' }

const AT = 1_767_268_800
const GRANT = {
  state: 'active',
  endsAt: AT + 1800,
  endedAt: undefined,
  endedBy: undefined,
  reason: undefined,
  recall: undefined,
  unanswered: false,
} satisfies RequestView['grant']

/** One request of a rule with two approvals, awaiting them, with whatever differs. */
export const requestView = (over: Partial<RequestView> = {}): RequestView => ({
  id: '01h455vb4pex5vsknk084sn02q',
  checkCode: 'abcd-efgh-jkmn',
  title: 'Drop a collection',
  action: 'vector-db.drop-collection',
  target: 'sandbox',
  requester: REY,
  parameters: [
    { label: 'Collection', value: 'product-search-v1' },
    { label: 'Customer number', value: undefined },
  ],
  leaseSeconds: 900,
  leftSeconds: 900,
  follows: undefined,
  reason: 'INC-4211 <!channel> *approved* `by` @everyone',
  state: 'awaiting_approvers',
  refusal: undefined,
  confirmed: true,
  held: undefined,
  objection: undefined,
  decisions: [],
  needed: [
    { group: 'service-owners', count: 1 },
    { group: 'data-owners', count: 1 },
  ],
  missing: [
    { group: 'service-owners', count: 1 },
    { group: 'data-owners', count: 1 },
  ],
  confirmBy: AT,
  decideBy: AT + 3600,
  claimBy: AT + 5400,
  ended: { by: undefined, reason: undefined, at: undefined },
  grant: undefined,
  ...over,
})

const plainly = { leaseSeconds: undefined, note: undefined } as const
const one = { by: ANA, decision: 'approve', at: AT + 60, ...plainly } as const
const both = [one, { by: BO, decision: 'approve', at: AT + 120, ...plainly }] as const
const approved = { state: 'approved', decisions: both, missing: [] } as const
const claimed = { ...approved, state: 'claimed' } as const
const ended = (by: Named | undefined, reason: string | undefined) => ({ by, reason, at: AT + 200 })

export const STATES: { readonly [name: string]: RequestView } = {
  checking: requestView({ state: 'checking', confirmed: false }),
  refused: requestView({
    state: 'refused',
    confirmed: false,
    refusal: 'This request does not say what its runbook says (right). Ask again.',
  }),
  'awaiting-requester': requestView({ state: 'awaiting_requester', confirmed: false }),
  'awaiting-approvers': requestView(),
  'awaiting-approvers-1-of-2': requestView({ decisions: [one], missing: [{ group: 'data-owners', count: 1 }] }),
  'awaiting-approvers-held': requestView({ held: BO }),
  'awaiting-approvers-held-with-reason': requestView({ held: ANA, objection: 'A booking run is on until 02:20 <!channel>' }),
  'asked-again': requestView({ follows: { how: 'again', checkCode: 'mnpq-rstv-wxyz', requester: REY } }),
  'asked-the-same': requestView({ requester: ANA, follows: { how: 'same', checkCode: 'mnpq-rstv-wxyz', requester: REY } }),
  'approved-for-less': requestView({
    ...approved,
    leftSeconds: 300,
    decisions: [{ ...one, leaseSeconds: 300, note: 'Only the read replica, please. <!channel>' }, both[1]],
  }),
  approved: requestView(approved),
  'approved-held': requestView({ ...approved, held: ANA }),
  denied: requestView({
    state: 'denied',
    decisions: [one, { by: BO, decision: 'deny', at: AT + 200, ...plainly, note: 'The booking run is on. <!here>' }],
    ended: ended(BO, 'denied'),
  }),
  lapsed: requestView({ state: 'lapsed', ended: ended(undefined, 'awaiting_approvers') }),
  cancelled: requestView({ state: 'cancelled', ended: ended(REY, 'cancelled') }),
  voided: requestView({ state: 'voided', ended: ended(undefined, 'the requester was deactivated') }),
  'claimed-issuing': requestView({ ...claimed, grant: { ...GRANT, state: 'issuing' } }),
  'claimed-active': requestView({ ...claimed, grant: GRANT }),
  'claimed-failed': requestView({ ...claimed, grant: { ...GRANT, state: 'failed' } }),
  'claimed-revoking': requestView({
    ...claimed,
    grant: { ...GRANT, state: 'revoking', endedAt: AT + 300, endedBy: REY, reason: 'returned', recall: 'not_before_expiry' },
  }),
  'claimed-returned': requestView({
    ...claimed,
    grant: { ...GRANT, state: 'returned', endedAt: AT + 300, endedBy: REY, reason: 'returned', recall: 'confirmed' },
  }),
  'claimed-revoked': requestView({
    ...claimed,
    grant: { ...GRANT, state: 'revoked', endedAt: AT + 300, endedBy: ANA, reason: 'revoked', recall: 'pending' },
  }),
  'claimed-expired': requestView({ ...claimed, grant: { ...GRANT, state: 'expired', endedAt: AT + 1800 } }),
  'erased-reason': requestView({ reason: undefined }),
}
