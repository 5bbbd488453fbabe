// The request's machine against a table written out by hand from DESIGN section 3: every state with every move, in time, too late and held.
// What the table says is the specification; the code under test is read by nobody here.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { deadline, isOpen, type Move, moveRequest, type Standing } from '../../src/domain/request.ts'
import { REQUEST_STATES, type RequestState } from '../../src/domain/request-state.ts'

const CONFIRM_BY = 1_000
const DECIDE_BY = 2_000
const CLAIM_BY = 3_000
const standing = (state: RequestState, heldBy?: string): Standing => ({
  state,
  requester: 'rey',
  heldBy,
  confirmBy: CONFIRM_BY,
  decideBy: DECIDE_BY,
  claimBy: CLAIM_BY,
})

const MOVES = {
  confirm: { move: 'confirm' },
  approve: { move: 'approve', quorum: false },
  'approve, quorum': { move: 'approve', quorum: true },
  deny: { move: 'deny', by: 'bo' },
  claim: { move: 'claim' },
  cancel: { move: 'cancel', by: 'rey' },
  'cancel by another': { move: 'cancel', by: 'bo' },
  object: { move: 'object', by: 'bo', eligible: true },
  'object, no say': { move: 'object', by: 'theo', eligible: false },
  lift: { move: 'lift', by: 'ana' },
  'lift by another': { move: 'lift', by: 'bo' },
  void: { move: 'void', why: 'the action changed' },
  lapse: { move: 'lapse' },
} as const satisfies Record<string, Move>
type Name = keyof typeof MOVES
type Row = Readonly<Record<Name, string>>

/** `state event` of a move that is taken, `no: reason` of one that is not. `held` and `free` tell of the flag beside the state. */
function told(from: Standing, move: Move, now: number): string {
  const decision = moveRequest(from, move, now)
  if (!decision.ok) return `no: ${decision.refusal.reason}`
  const { next, event } = decision
  const flag = next.heldBy === from.heldBy ? [] : [next.heldBy === undefined ? 'free' : `held by ${next.heldBy}`]
  return [next.state, ...flag, ...(event ? [event] : [])].join(' ')
}

const every = (answer: string): Row => Object.fromEntries(Object.keys(MOVES).map((name) => [name, answer])) as Row
const ANY_OPEN = {
  deny: 'denied request.denied',
  cancel: 'cancelled request.cancelled',
  'cancel by another': 'no: not_yours',
  'object, no say': 'no: not_eligible_to_object',
  void: 'voided request.voided',
  lapse: 'no: not_yet',
} as const
const IN_TIME: Readonly<Record<RequestState, Row>> = {
  awaiting_requester: {
    ...ANY_OPEN,
    confirm: 'awaiting_approvers request.confirmed',
    approve: 'no: not_confirmed',
    'approve, quorum': 'no: not_confirmed',
    claim: 'no: not_approved',
    object: 'awaiting_requester held by bo request.held',
    lift: 'no: not_your_objection',
    'lift by another': 'no: not_your_objection',
  },
  awaiting_approvers: {
    ...ANY_OPEN,
    confirm: 'awaiting_approvers',
    approve: 'awaiting_approvers',
    'approve, quorum': 'approved request.approved',
    claim: 'no: not_approved',
    object: 'awaiting_approvers held by bo request.held',
    lift: 'no: not_your_objection',
    'lift by another': 'no: not_your_objection',
  },
  approved: {
    ...ANY_OPEN,
    confirm: 'approved',
    approve: 'approved',
    'approve, quorum': 'approved',
    claim: 'claimed',
    object: 'approved held by bo request.held',
    lift: 'no: not_your_objection',
    'lift by another': 'no: not_your_objection',
  },
  claimed: every('no: already_claimed'),
  lapsed: every('no: request_ended'),
  cancelled: every('no: request_ended'),
  voided: every('no: request_ended'),
  denied: every('no: request_ended'),
}
/** What an objection by ana changes: claims and further objections stop, and she alone can lift it. Decisions are still taken. */
const HELD = { object: 'no: held', 'object, no say': 'no: not_eligible_to_object', 'lift by another': 'no: not_your_objection' }
const HELD_IN_TIME: Readonly<Record<RequestState, Row>> = {
  ...IN_TIME,
  awaiting_requester: { ...IN_TIME.awaiting_requester, ...HELD, lift: 'awaiting_requester free request.released' },
  awaiting_approvers: { ...IN_TIME.awaiting_approvers, ...HELD, lift: 'awaiting_approvers free request.released' },
  approved: { ...IN_TIME.approved, ...HELD, claim: 'no: held', lift: 'approved free request.released' },
}
/** After the deadline of an open state: it lapses, it may still be voided, and a no is always safe. Nothing else. */
const LATE: Row = {
  ...every('no: too_late'),
  deny: 'denied request.denied',
  void: 'voided request.voided',
  lapse: 'lapsed request.lapsed',
}
const OPEN = { awaiting_requester: CONFIRM_BY, awaiting_approvers: DECIDE_BY, approved: CLAIM_BY } as const

const rowOf = (from: Standing, now: number): Row =>
  Object.fromEntries(Object.entries(MOVES).map(([name, move]) => [name, told(from, move, now)])) as Row

describe('every state with every move', () => {
  for (const state of REQUEST_STATES) {
    test(`${state}, in time`, () => assert.deepEqual(rowOf(standing(state), 500), IN_TIME[state]))
    test(`${state}, held by an objection`, () => assert.deepEqual(rowOf(standing(state, 'ana'), 500), HELD_IN_TIME[state]))
    test(`${state}, after all deadlines`, () =>
      assert.deepEqual(rowOf(standing(state), CLAIM_BY + 1), isOpen(state) ? LATE : IN_TIME[state]))
  }
})

test('the last millisecond counts as in time, the next one does not, and each open state has its own deadline', () => {
  for (const [state, by] of Object.entries(OPEN) as [keyof typeof OPEN, number][]) {
    assert.equal(deadline(standing(state)), by)
    assert.deepEqual(rowOf(standing(state), by), IN_TIME[state])
    assert.deepEqual(rowOf(standing(state), by + 1), LATE)
  }
  for (const state of REQUEST_STATES.filter((each) => !isOpen(each))) assert.equal(deadline(standing(state)), undefined)
})

test('a refusal for lateness says which state it was and when that ended', () => {
  const late = moveRequest(standing('approved'), { move: 'claim' }, CLAIM_BY + 1)
  assert.deepEqual(late, { ok: false, refusal: { reason: 'too_late', state: 'approved', at: CLAIM_BY } })
})

const person = fc.constantFrom('rey', 'ana', 'bo')
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc.constant({ move: 'confirm' } as const),
  fc.record({ move: fc.constant('approve' as const), quorum: fc.boolean() }),
  fc.record({ move: fc.constant('deny' as const), by: person }),
  fc.constant({ move: 'claim' } as const),
  fc.record({ move: fc.constant('cancel' as const), by: person }),
  fc.record({ move: fc.constant('object' as const), by: person, eligible: fc.boolean() }),
  fc.record({ move: fc.constant('lift' as const), by: person }),
  fc.constant({ move: 'void', why: 'x' } as const),
  fc.constant({ move: 'lapse' } as const),
)
/** Moves that carry a life on more often than they end it, so that long lives are walked too. */
const lively = fc.oneof(
  { weight: 2, arbitrary: anyMove },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Move>({ move: 'confirm' }, { move: 'approve', quorum: true }, { move: 'claim' }),
  },
)
const life = fc.array(fc.tuple(lively, fc.integer({ min: 0, max: 400 })), { maxLength: 25 })

/** The arrows of the drawing in DESIGN section 3, and staying where one is. */
const ENDS = ['lapsed', 'cancelled', 'voided', 'denied']
const ARROWS: Readonly<Record<RequestState, readonly string[]>> = {
  awaiting_requester: ['awaiting_requester', 'awaiting_approvers', ...ENDS],
  awaiting_approvers: ['awaiting_approvers', 'approved', ...ENDS],
  approved: ['approved', 'claimed', ...ENDS],
  claimed: [],
  lapsed: [],
  cancelled: [],
  voided: [],
  denied: [],
}

test('no sequence of moves leaves an ended state, skips an arrow, claims what is held or outlives a deadline', () => {
  fc.assert(
    fc.property(life, (moves) => {
      let now = 0
      let at = standing('awaiting_requester')
      for (const [move, wait] of moves) {
        now += wait
        const by = deadline(at)
        const decision = moveRequest(at, move, now)
        if (!decision.ok) continue
        assert.ok(ARROWS[at.state].includes(decision.next.state), `${at.state} to ${decision.next.state} by ${move.move}`)
        if (decision.next.state === 'claimed') assert.equal(at.heldBy, undefined)
        if (by !== undefined && now > by) assert.ok(['lapse', 'void', 'deny'].includes(move.move), `${move.move} after ${by}`)
        if (decision.next.state === 'lapsed') assert.ok(by !== undefined && now > by, 'lapsed before its time')
        const { state, heldBy, ...rest } = decision.next
        const { state: _, heldBy: __, ...before } = at
        assert.deepEqual(rest, before, 'a move changed what is not its own')
        at = decision.next
      }
    }),
    { numRuns: 2_000 },
  )
})
