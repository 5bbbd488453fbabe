import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeCrypto } from '../../src/crypto.ts'
import { findPasskey, servesFrom, stateAt } from '../../src/evidence/chain-state.ts'
import { extendChain, replayChain, startChain } from '../../src/evidence/directory-chain.ts'
import { ASSERTION_REASONS, CHAIN_REASONS, type ChainReason } from '../../src/evidence/reasons.ts'
import { newKey, SITE } from '../support/authenticator.ts'
import { CHAIN_ATTACKS } from '../support/chain-attacks.ts'
import { makeDirectory, makeRoots, minutes } from '../support/evidence-builder.ts'
import { makeOffice } from '../support/office.ts'

describe('the directory refuses', () => {
  for (const { name, reason, make } of CHAIN_ATTACKS) {
    test(`${name}: ${reason}`, async () => {
      const office = makeOffice()
      const verdict = await office.judge(make(office))
      assert.ok(!verdict.ok, 'it was taken')
      assert.equal(verdict.reason, reason)
    })
  }

  test('roots whose thumbprint is not their key’s, or that say one key twice', async () => {
    const { ada, bo } = makeOffice().keys
    const forged = { ...ada.passkey, thumbprint: bo.passkey.thumbprint }
    for (const list of [[forged], [ada.passkey, { ...ada.passkey, person: 'bo' }]]) {
      const started = await startChain(makeRoots(ada, { roots: list }), nodeCrypto)
      assert.ok(!started.ok && started.reason === 'roots_malformed')
    }
  })

  test('links that were dropped, doubled or put in another order, wherever', async () => {
    const { keys, roots, links, enrol } = makeOffice()
    enrol([keys.dee], keys.bo)
    for (let at = 0; at < links.length; at += 1) {
      const [one = assert.fail()] = links.slice(at, at + 1)
      const bent = [
        links.toSpliced(at, 0, one),
        ...(at + 1 < links.length ? [links.toSpliced(at, 1), links.toSpliced(at + 1, 1, one)] : []),
      ]
      for (const each of bent) assert.equal((await replayChain(roots, each, nodeCrypto)).ok, false)
    }
  })

  test('a chain that grew from other roots', async () => {
    const { keys, links, roots } = makeOffice()
    const other = makeRoots(keys.ada, { realm: roots.realm, issuer: SITE.origin, era: 2 })
    const verdict = await replayChain(other, links, nodeCrypto)
    assert.deepEqual(verdict, { ok: false, reason: 'wrong_previous', path: '/0/change/previous' })
  })

  test('and every reason of the chain has an attack here', () => {
    const elsewhere = new Set<ChainReason>(['roots_malformed', ...ASSERTION_REASONS])
    const attacked = new Set(CHAIN_ATTACKS.map(({ reason }) => reason))
    assert.deepEqual(
      CHAIN_REASONS.filter((reason) => !attacked.has(reason) && !elsewhere.has(reason)),
      [],
    )
  })
})

describe('the directory knows', () => {
  test('each passkey and administrator of now, and of every position before', async () => {
    const office = makeOffice()
    const { keys, heads } = office
    office.add(office.status('suspend', 'cy'), { by: [keys.bo] })
    office.add(office.status('reinstate', 'cy'), { by: [keys.ada, keys.bo] })
    office.add(office.role('bo', 'withdraw'), { by: [keys.ada, keys.bo] })
    office.add(office.status('revoke', 'bo'), { by: [keys.ada] })
    const replayed = await office.replay()
    assert.ok(replayed.ok)
    const { state } = replayed
    const story = heads.map((head, sequence) => {
      const then = stateAt(state, sequence) ?? assert.fail()
      assert.equal(then.head, head)
      assert.equal(then.sequence, sequence)
      const statuses = ['ada', 'bo', 'cy'].map((name) => findPasskey(then, keys[name as 'ada'].passkey.thumbprint)?.status ?? '-')
      assert.equal(then.passkeys.size, statuses.filter((status) => status !== '-').length)
      return [...statuses, [...then.administrators].join()]
    })
    assert.deepEqual(story, [
      ['active', '-', '-', 'ada'],
      ['active', 'active', 'active', 'ada'],
      ['active', 'active', 'active', 'ada,bo'],
      ['active', 'active', 'suspended', 'ada,bo'],
      ['active', 'active', 'active', 'ada,bo'],
      ['active', 'active', 'active', 'ada'],
      ['active', 'revoked', 'active', 'ada'],
    ])
    const { enrolled, since } = findPasskey(state, keys.cy.passkey.thumbprint) ?? assert.fail()
    assert.deepEqual({ enrolled, since }, { enrolled: 1, since: 4 })
    assert.equal(stateAt(state, 7), undefined)
    assert.equal(stateAt(state, -1), undefined)
  })

  test('that an enrolled administrator’s power reaches as far as a root’s', async () => {
    const office = makeOffice()
    office.enrol([office.keys.dee], office.keys.bo)
    office.add(office.status('suspend', 'ada'), { by: [office.keys.bo] })
    const replayed = await office.replay()
    assert.ok(replayed.ok)
  })

  test('from where on each key serves an approver: in full, its owner in that role, and neither a suspension nor a second grant begins it anew', async () => {
    const office = makeOffice()
    const { keys, role, status, add } = office
    const both = { by: [keys.ada, keys.bo] }
    const fresh = newKey('cy')
    const { change, registrations } = office.enrolment([fresh])
    add(change, { by: [keys.ada], registrations, at: minutes(3) })
    const changes = [
      role('cy', 'grant', 'approver'),
      role('cy', 'grant', 'approver', [fresh.passkey.thumbprint]),
      status('suspend', 'cy'),
      status('reinstate', 'cy'),
      role('ada', 'withdraw', 'approver'),
      role('cy', 'withdraw', 'approver'),
      role('cy', 'grant', 'approver'),
    ]
    for (const [at, next] of changes.entries()) add(next, { ...both, at: minutes(4 + at) })
    const replayed = await office.replay()
    assert.ok(replayed.ok, JSON.stringify(replayed))
    const { state } = replayed
    const story = office.heads.map((_, sequence) => {
      const then = stateAt(state, sequence) ?? assert.fail()
      return [keys.ada, keys.cy, fresh].map(({ passkey }) => servesFrom(then, passkey)?.sequence)
    })
    assert.deepEqual(story, [
      [0, undefined, undefined],
      [0, undefined, undefined],
      [0, undefined, undefined],
      [0, undefined, undefined],
      [0, 4, undefined],
      [0, 4, 5],
      [0, 4, 5],
      [0, 4, 5],
      [undefined, 4, 5],
      [undefined, undefined, undefined],
      [undefined, 10, 10],
    ])
    assert.equal(servesFrom(state, fresh.passkey)?.at, minutes(10))
    assert.equal(servesFrom(state, newKey('ada').passkey), undefined)
  })

  test('where a key came to be in full: neither before that nor on another branch', async () => {
    const office = makeOffice()
    const { keys, roots, role, status, link, add } = office
    const fresh = newKey('cy')
    const { change, registrations } = office.enrolment([fresh])
    add(change, { by: [keys.ada], registrations })
    const replayed = await office.replay()
    assert.ok(replayed.ok)
    const before = replayed.state
    const compared = link(role('cy', 'grant', 'approver', [fresh.passkey.thumbprint]), { by: [keys.ada, keys.bo] })
    // The other branch grows from the same state, and stands at the same position.
    const [main, fork] = [
      await extendChain(before, compared, nodeCrypto, roots),
      await extendChain(before, link(status('suspend', 'cy'), { by: [keys.ada] }), nodeCrypto, roots),
    ]
    assert.ok(main.ok && fork.ok)
    assert.equal(main.state.sequence, fork.state.sequence)
    const inFull = (key: typeof fresh) =>
      [before, main.state, fork.state, stateAt(main.state, before.sequence)].map(
        (state) => state && findPasskey(state, key.passkey.thumbprint)?.inFull,
      )
    assert.deepEqual(inFull(fresh), [false, true, false, false])
    assert.deepEqual(inFull(keys.bo), [true, true, true, true])
    const letInBy = (state: typeof before) => findPasskey(state, fresh.passkey.thumbprint)?.letInBy
    assert.deepEqual([before, main.state, fork.state].map(letInBy), [['ada'], [], ['ada']])
  })

  test('nothing of a branch that grew from an older state', async () => {
    const office = makeOffice()
    const { keys, roots, role, status, link } = office
    const replayed = await office.replay()
    assert.ok(replayed.ok)
    const { state } = replayed
    const left = await extendChain(state, link(role('cy', 'grant'), { by: [keys.ada, keys.bo] }), nodeCrypto, roots)
    const right = await extendChain(state, link(status('suspend', 'cy'), { by: [keys.ada] }), nodeCrypto, roots)
    assert.ok(left.ok && right.ok)
    const cy = keys.cy.passkey.thumbprint
    assert.deepEqual(
      [state, left.state, right.state].map((each) => [
        each.sequence,
        each.administrators.has('cy'),
        findPasskey(each, cy)?.status,
      ]),
      [
        [2, false, 'active'],
        [3, true, 'active'],
        [3, false, 'suspended'],
      ],
    )
    // Each branch goes on by itself.
    const onLeft = makeDirectory(roots)
    onLeft.heads.splice(0, 1, ...office.heads, left.state.head)
    const next = onLeft.link(status('suspend', 'cy'), { by: [keys.bo] })
    assert.ok((await extendChain(left.state, next, nodeCrypto, roots)).ok)
    const foreign = await extendChain(right.state, next, nodeCrypto, roots)
    assert.ok(!foreign.ok && foreign.reason === 'wrong_previous')
  })
})
