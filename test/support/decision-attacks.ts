// Attacks on what sound statements add up to: each row is a true world with one thing bent in who asked, who decided, or when.

import { type Attack, attack, lives, suspend } from './attack.ts'
import { newKey } from './authenticator.ts'
import { makeWorld, minutes, RULES } from './evidence-builder.ts'

export const DECISION_ATTACKS: readonly Attack[] = [
  attack('approvals without the requester’s own word', 'not_confirmed', /statements/, (w) => w.question(lives(w).slice(1))),
  attack('a confirmation by somebody else', 'not_the_requester', /statements\/0/, (w) => w.question([w.request(w.keys.cy)])),
  attack('a requester who was not entitled then', 'not_eligible_to_ask', /statements\/0\/rule_set/, (w) => {
    const then = { ...RULES, groups: { ...RULES.groups, oncall: [] } }
    const early = w.request(undefined, undefined, { recorded: { rule_set: w.ruleSetDigest(then) } })
    return w.question([early], { bundle: { rule_sets: [w.ruleSetBytes(RULES), w.ruleSetBytes(then)] } })
  }),
  attack('a requester removed from the group since', 'not_eligible_to_ask', /rule_sets/, (w) =>
    w.question(undefined, { rulesNow: { ...RULES, groups: { ...RULES.groups, oncall: ['cy'] } } }),
  ),
  attack('a requester whose key was suspended since', 'requester_passkey_inactive', /statements\/0/, (w) => {
    const statements = lives(w)
    suspend(w, 'ana')
    return w.question(statements)
  }),
  attack('a confirmation after its time', 'confirmed_late', /accepted_at/, (w) =>
    w.question([w.request(undefined, minutes(11))], { now: minutes(12) }),
  ),
  attack(
    'the requester approving',
    'self_approval',
    /statements\/1/,
    (_, w = makeWorld({ rules: { ...RULES, groups: { ...RULES.groups, dba: ['ana', 'bo'] } } })) =>
      w.question([w.request(), w.approve(w.keys.ana)]),
  ),
  attack('an approval by somebody in none of the groups', 'not_an_approver', /statements\/1/, (w) =>
    w.question([w.request(), w.approve(w.keys.ada)]),
  ),
  attack('a denial by somebody in none of the groups', 'not_an_approver', /statements\/1/, (w) =>
    w.question([w.request(), w.deny(w.keys.ada)]),
  ),
  attack('an approval before the requester confirmed', 'approved_before_confirmation', /statements\/1/, (w) =>
    w.question([w.request(undefined, minutes(2)), w.approve(w.keys.bo, minutes(1))]),
  ),
  attack('an approval after its time', 'approved_late', /statements\/1/, (w) =>
    w.question([w.request(), w.approve(w.keys.bo, minutes(71))], { now: minutes(72) }),
  ),
  attack('a denial beside a full quorum', 'denied', /statements\/3/, (w) =>
    w.question([...lives(w), w.deny(w.keys.cy, minutes(4))]),
  ),
  attack('a denial whose key was suspended since', 'denied', /statements\/3/, (w) => {
    const statements = [...lives(w).slice(0, 1), w.approve(w.keys.cy), w.approve(w.keys.dee), w.deny(w.keys.bo)]
    suspend(w, 'bo')
    return w.question(statements)
  }),
  attack('a denial before the requester confirmed', 'denied', /statements\/0/, (w) =>
    w.question([w.deny(w.keys.bo)], { purpose: 'decision' }),
  ),
  attack('a revocation by the requester', 'revoked', /statements\/3/, (w) =>
    w.question([...lives(w), w.revoke(w.keys.ana, 'requester')], { purpose: 'renewal', now: minutes(6) }),
  ),
  attack('a revocation by an approver', 'revoked', /statements\/3/, (w) =>
    w.question([...lives(w), w.revoke(w.keys.cy, 'approver')], { now: minutes(6) }),
  ),
  attack('a revocation by an administrator', 'revoked', /statements\/3/, (w) =>
    w.question([...lives(w), w.revoke(w.keys.ada, 'administrator')], { now: minutes(6) }),
  ),
  attack('a revocation by somebody who only says that he administers', 'not_eligible_to_revoke', /statements\/3/, (w) =>
    w.question([...lives(w), w.revoke(w.keys.dee, 'administrator')], { now: minutes(6) }),
  ),
  attack(
    'a revocation by an administrator whom the rules do not name',
    'not_eligible_to_revoke',
    /statements\/3/,
    (_, w = makeWorld({ rules: { ...RULES, administrators: [] } })) =>
      w.question([...lives(w), w.revoke(w.keys.ada, 'administrator')], { now: minutes(6) }),
  ),
  attack(
    'a revocation by an administrator of the rules whom the directory makes none',
    'not_eligible_to_revoke',
    /statements\/3\/statement\/role/,
    (_, w = makeWorld({ rules: { ...RULES, administrators: ['ada', 'dee'] } })) =>
      w.question([...lives(w), w.revoke(w.keys.dee, 'administrator')], { now: minutes(6) }),
  ),
  attack(
    'a revocation by somebody who became an administrator of the directory after it',
    'not_eligible_to_revoke',
    /statements\/3\/statement\/role/,
    (_, w = makeWorld({ rules: { ...RULES, administrators: ['ada', 'dee'] } })) => {
      const statements = [...lives(w), w.revoke(w.keys.dee, 'administrator')]
      w.directory.add(
        { operation: 'role', person: 'dee', role: 'administrator', effect: 'grant', passkeys: [] },
        { by: [w.keys.ada] },
      )
      return w.question(statements, { now: minutes(6) })
    },
  ),
  attack('a revocation in the requester’s place by another', 'not_eligible_to_revoke', /statements\/3/, (w) =>
    w.question([...lives(w), w.revoke(w.keys.bo, 'requester')], { now: minutes(6) }),
  ),
  attack('anything after the end', 'ended', /ends_no_later_than/, (w) =>
    w.question(undefined, { purpose: 'renewal', now: minutes(116) }),
  ),
  attack('one approver where two are needed', 'quorum_missing', /statements/, (w) => w.question(lives(w).slice(0, 2))),
  attack('one person standing for two rules', 'quorum_missing', /statements/, (w) =>
    w.question([w.request(), w.approve(w.keys.cy)]),
  ),
  attack('one person approving twice with two keys', 'quorum_missing', /statements/, (w) => {
    const second = newKey('cy')
    w.directory.enrol([second], w.keys.ada)
    return w.question([w.request(), w.approve(w.keys.cy), w.approve(second, minutes(3))])
  }),
  attack('an approver removed from the group since', 'quorum_missing', /statements/, (w) =>
    w.question(undefined, { rulesNow: { ...RULES, groups: { ...RULES.groups, security: ['cy'] } } }),
  ),
  attack('an approver whose key was suspended since', 'quorum_missing', /statements/, (w) => {
    const statements = lives(w)
    suspend(w, 'bo')
    return w.question(statements)
  }),
  attack('a renewal after an approver lost the key', 'quorum_missing', /statements/, (w) => {
    const statements = lives(w)
    suspend(w, 'bo')
    return w.question(statements, { purpose: 'renewal' })
  }),
  attack('a claim after its time', 'claimed_late', /claim_by/, (w) =>
    w.question([...lives(w), w.request(undefined, minutes(100))], { now: minutes(101) }),
  ),
  attack('a claim long after the requester’s last word', 'confirmation_too_old', /statements/, (w) =>
    w.question(undefined, { now: minutes(17) }),
  ),
]
