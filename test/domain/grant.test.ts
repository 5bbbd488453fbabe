// The machines of the grant and of the credential against tables written out by hand from DESIGN section 3: what is not in a table does not exist.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CREDENTIAL_STATES,
  type CredentialMove,
  type CredentialState,
  GRANT_STATES,
  type GrantMove,
  type GrantState,
  moveCredential,
  moveGrant,
} from '../../src/domain/grant.ts'

const none = undefined
const nowhere = <M extends string>(moves: readonly M[]) =>
  Object.fromEntries(moves.map((move) => [move, none])) as Record<M, undefined>

const GRANT_MOVES: readonly GrantMove[] = ['issued', 'issue_failed', 'end', 'ended_by_revocation', 'ended_by_return', 'expire']
const GRANT: Readonly<Record<GrantState, Readonly<Record<GrantMove, GrantState | undefined>>>> = {
  // An end may come while the first credential is being made, and time waits for nobody.
  issuing: {
    issued: 'active',
    issue_failed: 'failed',
    end: 'revoking',
    ended_by_revocation: none,
    ended_by_return: none,
    expire: 'expired',
  },
  active: {
    issued: none,
    issue_failed: none,
    end: 'revoking',
    ended_by_revocation: none,
    ended_by_return: none,
    expire: 'expired',
  },
  // Only what the target confirmed, or the credentials' own end, finishes an early end; expiry does not paint over it.
  revoking: {
    issued: none,
    issue_failed: none,
    end: none,
    ended_by_revocation: 'revoked',
    ended_by_return: 'returned',
    expire: none,
  },
  revoked: nowhere(GRANT_MOVES),
  returned: nowhere(GRANT_MOVES),
  failed: nowhere(GRANT_MOVES),
  expired: nowhere(GRANT_MOVES),
}

const CREDENTIAL_MOVES: readonly CredentialMove[] = ['issued', 'failed', 'lost', 'revoke', 'revoked', 'expire']
const CREDENTIAL: Readonly<Record<CredentialState, Readonly<Record<CredentialMove, CredentialState | undefined>>>> = {
  // Until it is known whether it was made, it can neither be revoked nor expire: it is lost first, and counts as made.
  issuing: { issued: 'issued', failed: 'failed', lost: 'unknown', revoke: none, revoked: none, expire: none },
  issued: { issued: none, failed: none, lost: none, revoke: 'revoking', revoked: none, expire: 'expired' },
  unknown: { issued: none, failed: none, lost: none, revoke: 'revoking', revoked: none, expire: none },
  revoking: { issued: none, failed: none, lost: none, revoke: none, revoked: 'revoked', expire: none },
  failed: nowhere(CREDENTIAL_MOVES),
  revoked: nowhere(CREDENTIAL_MOVES),
  expired: nowhere(CREDENTIAL_MOVES),
}

const walk = <S extends string, M extends string>(
  states: readonly S[],
  moves: readonly M[],
  step: (state: S, move: M) => S | undefined,
) => Object.fromEntries(states.map((state) => [state, Object.fromEntries(moves.map((move) => [move, step(state, move)]))]))

test('every state of a grant with every move', () => assert.deepEqual(walk(GRANT_STATES, GRANT_MOVES, moveGrant), GRANT))

test('every state of a credential with every move', () =>
  assert.deepEqual(walk(CREDENTIAL_STATES, CREDENTIAL_MOVES, moveCredential), CREDENTIAL))

test('no sequence of moves leaves an ended grant, or makes an early end look like an expiry', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...GRANT_MOVES), { maxLength: 12 }), (moves) => {
      const states = trace<GrantState, GrantMove>('issuing', moves, moveGrant)
      const ended = states.findIndex((state) => ['revoked', 'returned', 'failed', 'expired'].includes(state))
      assert.ok(ended === -1 || ended === states.length - 1, states.join(' '))
      if (states.includes('revoking')) assert.ok(!states.includes('expired'), states.join(' '))
    }),
  )
})

test('no sequence of moves leaves an ended credential, or revokes one without asking the target', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...CREDENTIAL_MOVES), { maxLength: 12 }), (moves) => {
      const states = trace<CredentialState, CredentialMove>('issuing', moves, moveCredential)
      const ended = states.findIndex((state) => ['failed', 'revoked', 'expired'].includes(state))
      assert.ok(ended === -1 || ended === states.length - 1, states.join(' '))
      if (states.includes('revoked')) assert.equal(states.at(-2), 'revoking')
    }),
  )
})

/** The states that a sequence of moves visits; moves that do not exist leave it where it is. */
function trace<S, M>(first: S, moves: readonly M[], step: (state: S, move: M) => S | undefined): S[] {
  const states = [first]
  for (const move of moves) {
    const next = step(states.at(-1) ?? first, move)
    if (next !== undefined) states.push(next)
  }
  return states
}
