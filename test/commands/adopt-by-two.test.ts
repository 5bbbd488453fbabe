// Several issuers look at the same proposals: with clocks or rules that differ for a moment they would judge differently, and one alone may decide.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { later, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx, bot } = world
const propose = async () => {
  const asked = { person: 'rey', action: 'service.restart', parameters: { service: 'payments-api' }, reason: 'INC-4211: again' }
  const proposed = await proposeRequest(bot, asked)
  assert.ok(proposed.ok)
  return proposed.requestId
}
const rows = async (table: 'request_state' | 'refused_request', request: string) =>
  (await ctx.db.selectFrom(table).select('request_id').where('request_id', '=', request).execute()).length

test('an issuer whose clock is behind refuses nothing for its times; another takes it up', async () => {
  const request = await propose()
  assert.equal(await adoptProposals(later(ctx, -20_000)), 0)
  assert.equal(await rows('refused_request', request), 0)
  assert.equal(await adoptProposals(ctx), 1)
  assert.equal(await rows('request_state', request), 1)
})

test('two issuers that judge a proposal differently at once decide it once', async () => {
  const published = ctx.published()
  const other = { ...ctx, published: () => ({ ...published, ruleSet: { ...published.ruleSet, offers: [] } }) }
  for (let round = 0; round < 3; round += 1) {
    const request = await propose()
    await Promise.all([adoptProposals(ctx), adoptProposals(other), adoptProposals(ctx), adoptProposals(other)])
    assert.equal((await rows('request_state', request)) + (await rows('refused_request', request)), 1)
  }
})
