// The one function, verify-evidence, on bundles of an auditor's kind (roots, chain of enrolments, rule sets, statements) for quorums of one, two and
// five, beside the signature checks that such a bundle cannot do without: every assertion in it, checked bare over the same bytes with keys
// imported before. The checks are those the function itself asked for, recorded once. What is above them is parsing, canonical forms and digests.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { nodeCrypto } from '../../src/crypto.ts'
import type { RuleSet } from '../../src/domain/action.ts'
import { type Question, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { newKey } from '../support/authenticator.ts'
import { ACTION, makeWorld, minutes, RULES } from '../support/evidence-builder.ts'
import { type Benchmark, type Line, median } from './measure.ts'

const QUORUMS = [1, 2, 5] as const
// Many short rounds: on a machine that others use too, most of them fall between the others' work.
const ROUNDS = 41
const ROUND_MS = 25
/** An issuer and an auditor judge many; what the first ones take is mostly node's compiler, whichever quorum they have. */
const WARM_ROUNDS = 40
const GOAL = 2

export const evidence: Benchmark = async (_hooks, tell) => {
  const lines: Line[] = []
  for (const quorum of QUORUMS) {
    const question = bundleFor(quorum)
    const checks = await checksOf(question)
    const whole = async () => {
      const verdict = await verifyEvidence(question, nodeCrypto)
      if (!verdict.ok) throw new Error(`the evidence was refused: ${verdict.reason} at ${verdict.path}`)
    }
    const bare = async () => {
      for (const { key, signature, data } of checks)
        if (!verify('sha256', data, key, signature)) throw new Error('a bare signature did not verify')
    }
    for (let round = 0; round < WARM_ROUNDS; round += 1) await each(whole)
    await each(bare)
    const times: number[] = []
    const floors: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      times.push(await each(whole))
      floors.push(await each(bare))
    }
    tell(`quorum ${quorum}: ${checks.length} signatures`)
    const ratio = median(times.map((time, round) => time / (floors[round] ?? Number.NaN)))
    lines.push({
      what: `verify-evidence, quorum ${quorum}, ${checks.length} signatures`,
      unit: 'ms',
      measured: { '': median(times) },
      floor: { '': median(floors) },
      ratio,
      goal: { text: `under ${GOAL} ×`, met: ratio < GOAL },
    })
  }
  return lines
}

/** A true bundle with this many approvals, by people enrolled in one change each. */
function bundleFor(quorum: number): Question {
  const approvers = Array.from({ length: quorum }, (_, at) => newKey(`approver-${at}`))
  const people = approvers.map(({ signer }) => signer.person)
  const action = { ...ACTION, rules: { requesters: ['oncall'], approvals: [{ group: 'dba', count: quorum }] } }
  const rules: RuleSet = {
    ...RULES,
    offers: [{ action, channel: '#ops' }],
    people: [...RULES.people, ...people.map((id) => ({ id, name: id, slack: [] }))],
    groups: { ...RULES.groups, dba: people },
  }
  const world = makeWorld({ rules })
  world.directory.enrol(approvers, world.keys.ada, ['approver'])
  return world.question([world.request(), ...approvers.map((key) => world.approve(key, minutes(2)))])
}

type Check = { readonly key: KeyObject; readonly signature: Uint8Array; readonly data: Uint8Array }

async function checksOf(question: Question): Promise<readonly Check[]> {
  const checks: Check[] = []
  await verifyEvidence(question, {
    ...nodeCrypto,
    verify: (key, signature, data, form) => {
      checks.push({ key: createPublicKey({ key: { ...key }, format: 'jwk' }), signature, data })
      return nodeCrypto.verify(key, signature, data, form)
    },
  })
  return checks
}

/** Milliseconds for one. */
async function each(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  let count = 0
  do {
    await work()
    count += 1
  } while (performance.now() - began < ROUND_MS)
  return (performance.now() - began) / count
}
