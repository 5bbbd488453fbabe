// Attacks on the parts of a bundle: each row is a true world with one thing bent in its form, its rules, its directory or one
// statement.

import assert from 'node:assert/strict'
import type { RuleSet } from '../../src/domain/action.ts'
import { type Attack, attack, lives, offering, suspend } from './attack.ts'
import { newKey, newNonce, sign } from './authenticator.ts'
import { ACTION, base64url, makeWorld, minutes, RULES, register } from './evidence-builder.ts'

/** The last letter of a base64url text with its spare bits set: the same bytes to a lenient reader. */
const twin = (text: string): string => `${text.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[text.slice(-1)]}`

export const BUNDLE_ATTACKS: readonly Attack[] = [
  attack('a bundle with an unknown member', 'bundle_malformed', /approved/, (w) =>
    w.question(undefined, { bundle: { approved: true } }),
  ),
  attack('an intent that is not its own canonical form', 'intent_malformed', /intent/, (w) =>
    w.question(undefined, { bundle: { intent: base64url(Buffer.from(`${JSON.stringify(w.intent)} `)) } }),
  ),
  attack(
    'an intent of another realm',
    'foreign_realm',
    /intent\/realm/,
    (_, w = makeWorld({ intent: { realm: 'prod:00000000000000000000000000' } })) => w.question(),
  ),
  attack(
    'an intent whose times are not in order',
    'times_disordered',
    /intent/,
    (_, w = makeWorld({ intent: { decide_by: 1 } })) => w.question(),
  ),
  attack(
    'a lease longer than the action allows',
    'intent_outside_action',
    /intent/,
    (_, w = makeWorld({ intent: { lease_seconds: 7200 } })) => w.question(),
  ),
  attack(
    'a right on another target than the action’s',
    'intent_outside_action',
    /intent/,
    (_, w = makeWorld({ intent: { right: { kind: 'jwt', target: 'vault', settings: {}, grants: {} } } })) => w.question(),
  ),
  attack('a rule set that is not canonical', 'rule_set_malformed', /rule_sets\/0/, (w) =>
    w.question(undefined, { bundle: { rule_sets: [base64url(Buffer.from('{ }'))] } }),
  ),
  attack('a rule set with an unknown member', 'rule_set_malformed', /rule_sets\/0\/root/, (w) =>
    w.question(undefined, { bundle: { rule_sets: [w.ruleSetBytes({ ...RULES, root: 'ana' } as RuleSet)] } }),
  ),
  attack('the rule set in force left out', 'rule_set_missing', /rule_sets/, (w) =>
    w.question(undefined, { rulesNow: offering(ACTION, { auditors: ['cy'] }), bundle: { rule_sets: [w.ruleSetBytes(RULES)] } }),
  ),
  attack('a rule set of then left out', 'rule_set_missing', /statements\/0\/rule_set/, (w) =>
    w.question([
      w.request(undefined, undefined, { recorded: { rule_set: w.ruleSetDigest(offering(ACTION, { auditors: ['cy'] })) } }),
    ]),
  ),
  attack('an action withdrawn since', 'action_withdrawn', /rule_sets/, (w) =>
    w.question(undefined, { rulesNow: { ...RULES, offers: [] } }),
  ),
  attack('an action whose text changed since', 'action_changed', /rule_sets/, (w) =>
    w.question(undefined, { rulesNow: offering({ ...ACTION, text: 'Harmless.' }) }),
  ),
  attack('an action that was another one when it was approved', 'action_changed', /statements\/1\/rule_set/, (w) => {
    const then = offering({ ...ACTION, text: 'Harmless.' })
    const approval = w.approve(w.keys.bo, minutes(2), { recorded: { rule_set: w.ruleSetDigest(then) } })
    return w.question([w.request(), approval], { bundle: { rule_sets: [w.ruleSetBytes(RULES), w.ruleSetBytes(then)] } })
  }),
  attack('a quorum that was lowered since', 'rules_changed', /rule_sets/, (w) =>
    w.question(undefined, {
      rulesNow: offering({ ...ACTION, rules: { ...ACTION.rules, approvals: [{ group: 'dba', count: 1 }] } }),
    }),
  ),
  attack('a dropped link of the directory', 'unknown_passkey', /statements\/0/, (w) => {
    const statements = lives(w).map((signed) => ({ ...signed, directory: { sequence: 0, head: w.directory.heads[0] ?? '' } }))
    return w.question(statements, { bundle: { directory: [] } })
  }),
  attack('a link of another realm’s directory', 'foreign_realm', /directory\/0/, (w) =>
    w.question(undefined, { bundle: { directory: makeWorld().directory.links } }),
  ),
  attack('a directory position that is not there yet', 'directory_position_unknown', /directory\/sequence/, (w) =>
    w.question([
      w.request(undefined, undefined, { recorded: { directory: { sequence: 3, head: w.directory.position().head } } }),
    ]),
  ),
  attack('another directory’s head at the position', 'directory_head_differs', /directory\/head/, (w) =>
    w.question([w.request(undefined, undefined, { recorded: { directory: { sequence: 1, head: w.directory.heads[0] ?? '' } } })]),
  ),
  attack('a statement with an unknown member', 'statement_malformed', /statements\/0\/statement\/admin/, (w) =>
    w.question([w.request(undefined, undefined, { statement: { admin: true } })]),
  ),
  attack('a statement in another base64url spelling', 'statement_malformed', /statements\/0\/statement/, (w) => {
    // A last letter with spare bits has a twin; the nonce's length decides whether there are any.
    const texts = [40, 41, 42].map((length) => w.request(undefined, undefined, { statement: { nonce: 'n'.repeat(length) } }))
    const signed = texts.find(({ statement }) => statement.length % 4 === 2) ?? assert.fail('no text with spare bits')
    return w.question([{ ...signed, statement: twin(signed.statement) }])
  }),
  attack('a statement of another realm', 'foreign_realm', /statements\/0\/statement\/realm/, (w) =>
    w.question([w.request(undefined, undefined, { statement: { realm: 'prod:00000000000000000000000000' } })]),
  ),
  attack('an enrolment in place of a confirmation', 'unexpected_statement', /statements\/0/, (w) => {
    const { signed } = register(w.roots.realm, w.keys.ana)
    return w.question([{ ...w.request(), ...signed }])
  }),
  attack('a word about a held key in place of an approval', 'unexpected_statement', /statements\/1/, (w) => {
    const { bo } = w.keys
    const about = { v: 1, realm: w.roots.realm, nonce: newNonce(), signer: bo.signer }
    const lift = { ...about, kind: 'lift', role: 'owner', decision: 'lift', passkey: bo.passkey.thumbprint }
    return w.question([w.request(), { ...w.approve(bo), ...sign(bo, 'lift', lift) }])
  }),
  attack('a sign-in in place of an approval', 'unexpected_statement', /statements\/1/, (w) => {
    const signIn = { v: 1, realm: w.roots.realm, nonce: newNonce(), kind: 'sign_in', audience: 'issuer' }
    return w.question([w.request(), { ...w.approve(w.keys.bo), ...sign(w.keys.bo, 'sign_in', signIn) }])
  }),
  attack('an approval of another intent', 'other_intent', /statements\/1\/statement\/intents/, (w) => {
    const other = makeWorld().intentDigest
    return w.question([w.request(), w.approve(w.keys.bo, minutes(2), { statement: { intents: [other] } })])
  }),
  attack('one intent named twice in a statement', 'intent_named_twice', /statements\/1/, (w) =>
    w.question([w.request(), w.approve(w.keys.bo, minutes(2), { statement: { intents: [w.intentDigest, w.intentDigest] } })]),
  ),
  attack('an acceptance time in the future, fresh for ever', 'accepted_in_future', /accepted_at/, (w) =>
    w.question([w.request(undefined, minutes(9))], { now: minutes(4) }),
  ),
  attack('a nonce used twice', 'nonce_reused', /statements\/2\/statement\/nonce/, (w) => {
    const nonce = 'n'.repeat(54)
    const again = { statement: { nonce } }
    return w.question([w.request(), w.approve(w.keys.bo, minutes(2), again), w.approve(w.keys.dee, minutes(3), again)])
  }),
  attack('one approval put in twice', 'nonce_reused', /statements\/2/, (w) => {
    const once = w.approve(w.keys.cy)
    return w.question([w.request(), once, once])
  }),
  attack('an approval by a key that nobody enrolled', 'unknown_passkey', /statements\/1/, (w) =>
    w.question([w.request(), w.approve(newKey('bo'))]),
  ),
  attack('an approval in another person’s name', 'other_persons_passkey', /statements\/1/, (w) =>
    w.question([w.request(), w.approve({ ...w.keys.bo, signer: { person: 'dee', passkey: w.keys.bo.passkey.thumbprint } })]),
  ),
  attack('an approval by a key that was suspended then', 'passkey_inactive', /statements\/1/, (w) => {
    const confirmed = w.request()
    suspend(w, 'bo')
    return w.question([confirmed, w.approve(w.keys.bo)])
  }),
  attack('an approval signed by another key than it names', 'signature_invalid', /statements\/1\/assertion/, (w) => {
    const { signer, passkey } = w.keys.bo
    const thief = newKey('bo', { id: passkey.id })
    return w.question([w.request(), w.approve({ ...thief, signer })])
  }),
  attack('the assertion of a denial under an approval', 'wrong_challenge', /statements\/1\/assertion/, (w) => {
    const { assertion } = w.deny(w.keys.bo)
    return w.question([w.request(), { ...w.approve(w.keys.bo), assertion }])
  }),
  attack('an assertion made on another port of localhost', 'wrong_origin', /statements\/1\/assertion/, (w) =>
    w.question([w.request(), w.approve(w.keys.bo, minutes(2), { twist: { origin: 'http://localhost:3000' } })]),
  ),
]
