// The states of a request (DESIGN section 3): the same list stands in the CHECK constraint of `request_state`, and a test holds both equal.

export const REQUEST_STATES = [
  'awaiting_requester',
  'awaiting_approvers',
  'approved',
  'claimed',
  'lapsed',
  'cancelled',
  'voided',
  'denied',
] as const
export type RequestState = (typeof REQUEST_STATES)[number]
