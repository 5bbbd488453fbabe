// Approvals by somebody who could not approve yet, or not with this key, in a deployment whose first week is over.

import type { Gained, KeyPolicy } from '../../src/domain/action.ts'
import { type Attack, attack } from './attack.ts'
import { newKey, type TestKey } from './authenticator.ts'
import { type Change, makeWorld, minutes, RULES, type World } from './evidence-builder.ts'

const days = (count: number): number => minutes(count * 1440)
const hours = (count: number): number => minutes(count * 60)

/** A world that is sixty days old, and whose keys are thirty: nothing but what is given stands in an approver's way. */
export const settled = (over: { keys?: Partial<KeyPolicy>; gained?: Gained[]; enrolledAt?: number; bo?: TestKey } = {}) =>
  makeWorld({
    rules: { ...RULES, keys: { ...RULES.keys, approver_keys: 1, ...over.keys }, gained: over.gained ?? [] },
    pinnedAt: days(-60),
    enrolledAt: over.enrolledAt ?? days(-30),
    ...(over.bo && { bo: over.bo }),
  })
/** Rules that gained bo, as a member of the database administrators, so many hours ago. */
export const gainedBo = (ago: number): Gained => ({ at: hours(-ago) / 1000, group: 'dba', person: 'bo' })
/** Rules that came to name the database administrators for the action, so many hours ago. */
export const gainedLine = (ago: number): Gained => ({ at: hours(-ago) / 1000, group: 'dba', action: 'orders-db.restart' })

const withdrawn: Change = { operation: 'role', person: 'bo', role: 'approver', effect: 'withdraw', passkeys: [] }

/** Bo, whose role was taken a day before it was given back, so many hours ago. */
export function madeApprover(ago: number, enrolledAt = days(-30)) {
  const w = settled({ enrolledAt })
  w.directory.add(withdrawn, { by: [w.keys.ada], at: hours(-ago - 24) })
  w.directory.add({ ...withdrawn, effect: 'grant' }, { by: [w.keys.ada], at: hours(-ago) })
  return w
}

/** A second key of bo's that one of two administrators let in three weeks ago; so many hours ago both signed that they had compared its words. */
export function comparedAnew(ago: number) {
  const world = settled()
  const { directory, keys } = world
  const [eve, fresh] = [newKey('eve'), newKey('bo')]
  directory.add(withdrawn, { by: [keys.ada], at: days(-29) })
  directory.enrol([eve], keys.ada, ['administrator'], days(-28))
  directory.enrol([fresh], eve, [], days(-21))
  directory.add({ ...withdrawn, effect: 'grant' }, { by: [keys.ada, eve], at: days(-20) })
  const passkeys = [fresh.passkey.thumbprint]
  directory.add({ ...withdrawn, effect: 'grant', passkeys }, { by: [keys.ada, eve], at: hours(-ago) })
  return { world, fresh }
}

/** Bo and dee need two keys each; dee has them, and bo's second one was compared in full, or let in by one of two administrators before he had a role. */
export function withSecondKey(inFull: boolean, second = newKey('bo')) {
  const world = settled({ keys: { approver_keys: 2 } })
  const { directory, keys } = world
  directory.addOwn(keys.dee, newKey('dee'), days(-30))
  if (inFull) directory.addOwn(keys.bo, second)
  else {
    const eve = newKey('eve')
    directory.add(withdrawn, { by: [keys.ada], at: days(-29) })
    directory.enrol([eve], keys.ada, ['administrator'], days(-28))
    directory.enrol([second], eve, [], days(-21))
    directory.add({ ...withdrawn, effect: 'grant' }, { by: [keys.ada, eve], at: days(-20) })
  }
  return { ...world, second }
}

/** Bo is an administrator beside ada; a key of ana's that these of them let in. It is in full where both have. */
export function letIn(...by: readonly ('ada' | 'bo')[]) {
  const world = settled()
  const { directory, keys } = world
  const bo: Change = { operation: 'role', person: 'bo', role: 'administrator', effect: 'grant', passkeys: [] }
  directory.add(bo, { by: [keys.ada] })
  const fresh = newKey('ana')
  const { change, registrations } = directory.enrolment([fresh])
  directory.add(change, { by: by.map((name) => keys[name]), registrations })
  return { world, fresh }
}

/** Ana asks with this key, bo and dee approve. */
export const askedWith = ({ request, approve, keys }: World, key: TestKey) => [
  request(key),
  approve(keys.bo),
  approve(keys.dee, minutes(3)),
]

const MODEL = '01020304-0506-0708-0102-030405060708'

/** A key of bo's that another one of his let in, of which less is known; both are months old. */
function addedByLesser(which: 'copyable' | 'unproven') {
  const added = newKey('bo')
  if (which === 'copyable') {
    const world = settled({ bo: newKey('bo', { synced: true }) })
    world.directory.addOwn(world.keys.bo, added, days(-29))
    return { world, added }
  }
  const world = settled({ keys: { accept: { ...RULES.keys.accept, approvers: 'hardware' } } })
  const proven = { ...added, passkey: { ...added.passkey, aaguid: MODEL } }
  world.directory.addOwn(world.keys.bo, proven, days(-29))
  return { world, added: proven }
}

/** Administrators have compared its words a week later. */
export function comparedSince() {
  const { world, added } = addedByLesser('copyable')
  const passkeys = [added.passkey.thumbprint]
  world.directory.add({ ...withdrawn, effect: 'grant', passkeys }, { by: [world.keys.ada], at: days(-22) })
  return { world, added }
}

/** The true life of a world whose rules have become stricter since about the keys of one tier. */
const stricterSince = (tier: 'requesters' | 'approvers', w = settled()) => {
  const { keys } = w.rules
  return w.question(undefined, { rulesNow: { ...w.rules, keys: { ...keys, accept: { ...keys.accept, [tier]: 'hardware' } } } })
}

const signer = /statements\/1\/statement\/signer/

export const APPROVER_ATTACKS: readonly Attack[] = [
  attack('an approval by somebody of whom the directory makes no approver', 'not_an_approver', signer, () => {
    const w = settled()
    w.directory.add(withdrawn, { by: [w.keys.ada] })
    return w.question()
  }),
  attack('an approval that no longer counts, since its giver is no approver now', 'quorum_missing', /statements/, () => {
    const w = settled()
    const statements = [w.request(), w.approve(w.keys.bo), w.approve(w.keys.dee, minutes(3))]
    w.directory.add(withdrawn, { by: [w.keys.ada] })
    return w.question(statements)
  }),
  attack('an approval with a key whose words one of two administrators compared', 'passkey_not_in_full', signer, () => {
    const w = settled()
    const fresh = newKey('eve')
    w.directory.enrol([fresh], w.keys.ada, ['administrator'], days(-20))
    const zoe = newKey('bo')
    const { change, registrations } = w.directory.enrolment([zoe])
    w.directory.add(withdrawn, { by: [w.keys.ada, fresh] })
    w.directory.add(change, { by: [w.keys.ada], registrations })
    w.directory.add({ ...withdrawn, effect: 'grant' }, { by: [w.keys.ada, fresh] })
    return w.question([w.request(), w.approve(zoe)])
  }),
  attack('an approval with a key that is copied between devices', 'passkey_not_accepted', signer, () =>
    settled({ bo: newKey('bo', { synced: true }) }).question(),
  ),
  attack('an approval with a key that stays in one place, added by one that may be copied', 'passkey_not_in_full', signer, () => {
    const { world, added } = addedByLesser('copyable')
    return world.question([world.request(), world.approve(added)])
  }),
  attack('an approval with a key of a proven model, added by one of none', 'passkey_not_in_full', signer, () => {
    const { world, added } = addedByLesser('unproven')
    return world.question([world.request(), world.approve(added)])
  }),
  attack('an approval with a key of no proven model, where that is asked', 'passkey_not_accepted', signer, () =>
    settled({ keys: { accept: { ...RULES.keys.accept, approvers: 'hardware' } } }).question(),
  ),
  attack('a confirmation with a key of no proven model, where that is asked', 'passkey_not_accepted', /statements\/0/, () =>
    settled({ keys: { accept: { ...RULES.keys.accept, requesters: 'hardware' } } }).question(),
  ),
  attack('a confirmation with a key that the rules have ceased to take', 'passkey_not_accepted', /\/rule_sets$/, () =>
    stricterSince('requesters'),
  ),
  attack('an approval with a key that the rules have ceased to take', 'quorum_missing', /statements$/, () =>
    stricterSince('approvers'),
  ),
  attack('an approval with a key that is 23 hours old', 'passkey_cooling_down', signer, () =>
    settled({ enrolledAt: hours(-23) }).question(),
  ),
  attack('an approval with an old key that came to serve an hour ago', 'passkey_cooling_down', signer, () => {
    const { world, fresh } = comparedAnew(1)
    return world.question([world.request(), world.approve(fresh)])
  }),
  attack('an approval with an old key by an approver of 23 hours', 'passkey_cooling_down', signer, () =>
    madeApprover(23).question(),
  ),
  attack('an approval with an old key of the first week by an approver of an hour', 'passkey_cooling_down', signer, () =>
    madeApprover(1, days(-59)).question(),
  ),
  attack('an approval by somebody with one key where two are asked', 'too_few_passkeys', signer, () =>
    settled({ keys: { approver_keys: 2 } }).question(),
  ),
  attack('an approval by somebody whose second key nobody compared in full', 'too_few_passkeys', signer, () =>
    withSecondKey(false).question(),
  ),
  attack('an approval by somebody whose second key was suspended', 'too_few_passkeys', signer, () => {
    const w = withSecondKey(true)
    const second = w.second.passkey.thumbprint
    w.directory.add({ operation: 'suspend', passkeys: [second] }, { by: [w.keys.ada] })
    return w.question()
  }),
  attack('an approval by somebody whose second key may be copied', 'too_few_passkeys', signer, () =>
    withSecondKey(true, newKey('bo', { synced: true })).question(),
  ),
  attack('an approval by who alone let in the key that asks', 'self_approval', signer, () => {
    const { world, fresh } = letIn('bo')
    return world.question(askedWith(world, fresh))
  }),
  attack('an approval by who alone let in the key that added the one that asks', 'self_approval', signer, () => {
    const { world, fresh } = letIn('bo')
    const second = newKey('ana')
    world.directory.addOwn(fresh, second)
    return world.question(askedWith(world, second))
  }),
  attack('an approval by who alone let in the key that asked again later', 'self_approval', signer, () => {
    const { world, fresh } = letIn('bo')
    return world.question([...askedWith(world, world.keys.ana), world.request(fresh, minutes(3.5))])
  }),
  attack('an approval by a member of 23 hours', 'gained_too_recently', signer, () =>
    settled({ gained: [gainedBo(23)] }).question(),
  ),
  attack('an approval by a group that the rules have named for 23 hours', 'gained_too_recently', signer, () =>
    settled({ gained: [gainedLine(23)] }).question(),
  ),
  attack('an approval by a new member, under rules that resemble those endorsed', 'gained_too_recently', signer, () => {
    const w = settled({ gained: [gainedBo(23)] })
    const other = w.ruleSetDigest({ ...w.rules, gained: [gainedBo(22)] })
    w.directory.add({ operation: 'endorse', rule_set: other }, { by: [w.keys.ada] })
    return w.question()
  }),
]
