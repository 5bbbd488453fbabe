// True receipts of many lives: every way in which signatures may add up to a credential, each once. What must not be refused.

import type { Action, RuleSet } from '../../src/domain/action.ts'
import type { TrustRoots } from '../../src/domain/directory.ts'
import type { SignedStatement } from '../../src/evidence/bundle.ts'
import type { Receipt } from '../../src/evidence/receipt.ts'
import {
  askedWith,
  comparedAnew,
  comparedSince,
  gainedBo,
  letIn,
  madeApprover,
  settled,
  withSecondKey,
} from './approver-attacks.ts'
import { lives, offering, suspend } from './attack.ts'
import { newKey, type TestKey } from './authenticator.ts'
import { PROVIDER, vouched } from './directory-attacks.ts'
import { ACTION, makeWorld, minutes, newHolder, RULES, type World } from './evidence-builder.ts'
import { digestOfSigned, makeOpenWorld, makeReceipt, NOTE, REASON, trueStatements } from './receipt-builder.ts'

type True = {
  readonly roots: TrustRoots
  readonly receipt: Receipt
  readonly expected: { readonly verdict: 'valid' | 'unproven' }
}
type Row = { readonly about: string; readonly make: () => Promise<True> }

const NOTHING = { parameters: {}, notes: {} }

async function receiptOf(
  world: World,
  statements: SignedStatement[],
  {
    openings = NOTHING as Receipt['openings'],
    ...over
  }: Parameters<World['question']>[1] & { openings?: Receipt['openings'] } = {},
): Promise<True> {
  const { receipt } = await makeReceipt(world, { ...over, statements })
  return { roots: world.roots, receipt: { ...receipt, openings }, expected: { verdict: 'valid' } }
}

/** A life in which so many approvers of one group are needed. */
async function ofQuorum(quorum: number): Promise<True> {
  const approvers = Array.from({ length: quorum }, (_, at) => newKey(`approver-${at}`))
  const people = approvers.map(({ signer }) => signer.person)
  const action: Action = { ...ACTION, rules: { requesters: ['oncall'], approvals: [{ group: 'dba', count: quorum }] } }
  const rules: RuleSet = { ...offering(action), groups: { ...RULES.groups, dba: people } }
  const world = makeWorld({ rules })
  world.directory.enrol(approvers, world.keys.ada, ['approver'])
  return receiptOf(world, [world.request(), ...approvers.map((key) => world.approve(key, minutes(2)))])
}

async function ofKey(bo: TestKey, over: Partial<RuleSet> = {}): Promise<True> {
  const world = makeWorld({ bo, rules: { ...RULES, ...over } })
  return receiptOf(world, [...lives(world)])
}

const row = (about: string, make: (world: World) => Promise<True>): Row => ({ about, make: () => make(makeWorld()) })

export const VALID: readonly Row[] = [
  ...[1, 2, 5].map((quorum) => row(`a quorum of ${quorum}`, () => ofQuorum(quorum))),
  ...(['ES256', 'EdDSA', 'RS256'] as const).map((algorithm) =>
    row(`an approval by a key of ${algorithm}`, () => ofKey(newKey('bo', { algorithm }))),
  ),
  row('an approval by a synced key where any is taken', () =>
    ofKey(newKey('bo', { synced: true }), {
      keys: { ...RULES.keys, accept: { ...RULES.keys.accept, approvers: 'any' } },
    }),
  ),
  row('keys that the rules still take, though they have become stricter', (world) => {
    const accept = { requesters: 'device_bound', approvers: 'device_bound', administrators: 'hardware' } as const
    return receiptOf(world, [...lives(world)], { rulesNow: { ...RULES, keys: { ...RULES.keys, accept } } })
  }),
  row('an approval by a key of a proven model where that is asked', () => {
    const key = newKey('bo')
    const proven = { ...key, passkey: { ...key.passkey, aaguid: '01020304-0506-0708-0102-030405060708' } }
    const action = { ...ACTION, rules: { ...ACTION.rules, approvals: [{ group: 'dba', count: 1 }] } }
    const keys = { ...RULES.keys, accept: { ...RULES.keys.accept, approvers: 'hardware' } } as const
    const world = makeWorld({ bo: proven, rules: offering(action, { keys }) })
    return receiptOf(world, [world.request(), world.approve(proven)])
  }),
  row('everything opened', async () => {
    const { world, receipt } = await makeReceipt()
    return { roots: world.roots, receipt, expected: { verdict: 'valid' } }
  }),
  row('a note and a shorter lease, the note opened and the reason not', (_, world = makeOpenWorld()) => {
    const statements = trueStatements(world)
    const notes = Object.fromEntries(statements.slice(1, 2).map((one) => [digestOfSigned(one), NOTE.opening]))
    return receiptOf(world, statements, { openings: { parameters: {}, notes } })
  }),
  row('erased values and an opened reason', (_, world = makeOpenWorld()) =>
    receiptOf(world, trueStatements(world), { openings: { ...NOTHING, reason: REASON.opening } }),
  ),
  row('nothing opened', (_, world = makeOpenWorld()) => receiptOf(world, trueStatements(world))),
  row('no word of the issuer', async (_, world = makeOpenWorld()) => {
    const { receipt, roots } = await receiptOf(world, trueStatements(world))
    const { issued: _word, ...bare } = receipt
    return { roots, receipt: bare, expected: { verdict: 'unproven' } }
  }),
  row('a renewal after the time to claim', (world) =>
    receiptOf(world, [...lives(world)], { purpose: 'renewal', now: minutes(110) }),
  ),
  row('two places named by the requester', (world) => {
    const later = world.request(undefined, minutes(20), { statement: { holder: newHolder() } })
    return receiptOf(world, [...lives(world), later], { now: minutes(21) })
  }),
  row('two confirmations of which the later stands first', (world) =>
    receiptOf(world, [world.request(undefined, minutes(3.5)), ...lives(world)]),
  ),
  row('statements in another order than they were accepted', (world) => receiptOf(world, lives(world).toReversed())),
  row('one approver who stands for either group', (world) =>
    receiptOf(world, [world.request(), world.approve(world.keys.cy), world.approve(world.keys.bo, minutes(3))]),
  ),
  row('a key that its owner added', (world) => {
    const second = newKey('bo')
    world.directory.addOwn(world.keys.bo, second)
    return receiptOf(world, [world.request(), world.approve(second), world.approve(world.keys.dee, minutes(3))])
  }),
  row('two administrators', (world) => {
    const { ada, bo, dee } = world.keys
    const { directory } = world
    directory.add({ operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] }, { by: [ada] })
    const second = newKey('dee')
    const { change, registrations } = directory.enrolment([second])
    directory.add(change, { by: [ada, bo], registrations })
    directory.add({ operation: 'revoke', passkeys: [dee.passkey.thumbprint] }, { by: [ada, bo] })
    return receiptOf(world, [world.request(), world.approve(bo), world.approve(second, minutes(3))])
  }),
  row('a key reinstated before it approved', (world) => {
    suspend(world, 'bo')
    world.directory.add({ operation: 'reinstate', passkeys: [world.keys.bo.passkey.thumbprint] }, { by: [world.keys.ada] })
    return receiptOf(world, [...lives(world)])
  }),
  row('a role given back with the words of its key compared anew', (world) => {
    const { ada, bo } = world.keys
    const role = { operation: 'role', person: 'bo', role: 'approver' } as const
    world.directory.add({ ...role, effect: 'withdraw', passkeys: [] }, { by: [ada] })
    world.directory.add({ ...role, effect: 'grant', passkeys: [] }, { by: [ada] })
    return receiptOf(world, [world.request(), world.approve(bo), world.approve(world.keys.dee, minutes(3))])
  }),
  row('a requester for whom a sign-in at a provider vouched', () => {
    const groups = { ...RULES.groups, oncall: ['eve'] }
    const world = makeWorld({ rules: { ...RULES, groups }, intent: { requester: { kind: 'person', id: 'eve' } } })
    const eve = newKey('eve')
    const { directory, keys, roots } = world
    directory.add({ operation: 'provider', ...PROVIDER, effect: 'grant' }, { by: [keys.ada] })
    const link = vouched({ ...directory, roots, keys }, {}, { key: eve })
    directory.take(link)
    return receiptOf(world, [world.request(eve), world.approve(keys.bo), world.approve(keys.dee, minutes(3))])
  }),
  row('rules that administrators have endorsed', (_, world = settled({ gained: [gainedBo(1)] })) => {
    world.directory.add({ operation: 'endorse', rule_set: world.ruleSetDigest(world.rules) }, { by: [world.keys.ada] })
    return receiptOf(world, [...lives(world)])
  }),
  row('approvals after the first week by keys old enough', (_, world = settled()) => receiptOf(world, [...lives(world)])),
  row('an approval with an old key that came to serve a day ago', (_, { world, fresh } = comparedAnew(25)) =>
    receiptOf(world, [world.request(), world.approve(fresh), world.approve(world.keys.dee, minutes(3))]),
  ),
  row(
    'an approval with a key that one added which may be copied, once administrators have compared it',
    (_, made = comparedSince()) => {
      const { world, added } = made
      return receiptOf(world, [world.request(), world.approve(added), world.approve(world.keys.dee, minutes(3))])
    },
  ),
  row('an approval by an approver of a day with an old key', (_, world = madeApprover(25)) =>
    receiptOf(world, [...lives(world)]),
  ),
  row('approvals by people with two keys that serve, where two are asked', (_, world = withSecondKey(true)) =>
    receiptOf(world, [...lives(world)]),
  ),
  row('an approval by one of two administrators who let in the key that asks', (_, { world, fresh } = letIn('ada', 'bo')) =>
    receiptOf(world, askedWith(world, fresh)),
  ),
  row('approvals by others than who alone let in the key that asks', (_, { world, fresh } = letIn('ada')) =>
    receiptOf(world, askedWith(world, fresh)),
  ),
  row('a directory that was recovered after a loss', (world) => {
    const lost = { directory: { sequence: 9, head: world.intentDigest }, watermark: 40 }
    world.directory.add({ operation: 'recover', lost }, { by: [world.keys.ada] })
    return receiptOf(world, [...lives(world)])
  }),
  row('rules and directory that changed between approval and credential without touching it', (world) => {
    const statements = [...lives(world)]
    world.directory.enrol([newKey('zoe')], world.keys.ada)
    return receiptOf(world, statements, { rulesNow: { ...RULES, groups: { ...RULES.groups, dba: ['bo', 'zoe'] } } })
  }),
]
