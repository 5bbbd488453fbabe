// Rule sets are kept once they were read: so many at most, and however many are asked for at once, none that is published is missing.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findEvidence, judgeRequest } from '../../src/commands/evidence-of.ts'
import { digestOf } from '../../src/crypto.ts'
import { findByDigest } from '../../src/db/requests.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import { ask, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world

test('judging under many rule sets of then at once forgets none that the others need', async () => {
  const { intent } = await ask(world)
  assert.ok((await confirm(world, intent, await newHolder())).ok)
  assert.ok((await decide(world, intent, 'bo')).ok)
  const known = (await findByDigest(ctx.db, [intent])).get(intent)
  const { signed, chain } = await findEvidence(ctx, ctx.db, [intent])
  const standings = signed.get(intent)
  assert.ok(known && standings)
  const { ruleSet } = ctx.published()
  // Each differs in nothing that this request is about.
  const others = Array.from({ length: 80 }, (_, index) => {
    const auditors = [...ruleSet.auditors, ruleSet.people[index % ruleSet.people.length]?.id ?? '', `person-${index}`]
    const body = canonicalBytes({ ...ruleSet, auditors })
    return { digest: digestOf('ruleSet', body), body: Buffer.from(body) }
  })
  await ctx.db.insertInto('rule_set').values(others).execute()
  const verdicts = await Promise.all(
    others.map(({ digest }) => {
      const then = standings.map((standing) => ({ ...standing, signed: { ...standing.signed, rule_set: digest } }))
      return judgeRequest(ctx, ctx.db, known, { signed: new Map([[intent, then]]), chain }, 'claim', ctx.now())
    }),
  )
  assert.deepEqual(
    [...new Set(verdicts.map((verdict) => (verdict.ok ? 'granted' : `${verdict.reason} ${verdict.path}`)))],
    ['granted'],
  )
})
