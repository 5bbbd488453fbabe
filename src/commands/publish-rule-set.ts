// Publishes what this issuer read from its own runbooks and directory: content-addressed, with an entry that says who gained what. Open requests whose
// action is not what was asked for any more, or who asked may not any more, are voided at once, with the reason; those that the change does not touch go on.

import { digestOf } from '../crypto.ts'
import { findOpen, type KnownRequest } from '../db/requests.ts'
import { addPublication, findGainedHours, findPublication } from '../db/rule-sets.ts'
import { actionName, findOffer, inGroups, type RuleSet } from '../domain/action.ts'
import { NO_MODELS } from '../domain/attestation.ts'
import { canonicalBytes, canonicalText } from '../domain/canonical.ts'
import { readIntent } from '../domain/intent.ts'
import { settledFrom } from '../evidence/approver.ts'
import { describeGain } from '../runbooks/gain.ts'
import { saysTheSame, withGained } from '../runbooks/gained.ts'
import type { IssuerContext, Published } from './context.ts'
import { transact } from './transact.ts'
import { MAY_NOT_ASK, voidRequest } from './void-request.ts'

/** Publishes a checked rule set unless it is the one in force already. */
export async function publishRuleSet(
  ctx: Omit<IssuerContext, 'published' | 'attestation'>,
  written: RuleSet,
): Promise<Published> {
  const before = await findPublication(ctx.db)
  if (before && saysTheSame(before.ruleSet, written)) return before
  // A clock that stepped back shortens no wait: what is gained by it, and fewer hours, count from when it was before.
  const now = new Date(Math.max(ctx.now().getTime(), ctx.newest().getTime()))
  const settled = settledFrom(ctx.roots) / 1000
  const since = { ruleSet: before?.ruleSet, hours: await findGainedHours(ctx.db, now), settled }
  const ruleSet = withGained(since, written, Math.floor(now.getTime() / 1000))
  const body = canonicalBytes(ruleSet)
  const published = { digest: digestOf('ruleSet', body), ruleSet }
  const open = await findOpen(ctx.db)
  const voided = open.flatMap(({ request }) => {
    const why = whyVoid(ruleSet, request)
    return why === undefined ? [] : [{ id: request.id, why }]
  })
  const ids = voided.map(({ id }) => id)
  await transact({ ...ctx, published: () => published, attestation: () => NO_MODELS }, ids, async (work) => {
    await addPublication(work.trx, published.digest, body, now)
    const gain = describeGain(before?.ruleSet, ruleSet)
    work.record('rules.published', {}, { v: 1, rule_set: published.digest, gain })
    for (const { id, why } of voided) await voidRequest(work, id, why)
    // What a deployment begins with has gained nobody anything, and is no news.
    const isNews = before !== undefined || ruleSet.gained.length > 0
    work.tell('rules.published', undefined, isNews ? { gain, counts_from: countsFrom(before?.ruleSet, ruleSet, now) } : {})
  })
  return published
}

function whyVoid(ruleSet: RuleSet, { intent, requester }: KnownRequest['request']): string | undefined {
  const form = readIntent(intent)
  const offer = form.ok ? findOffer(ruleSet, actionName({ runbook: form.value.runbook, name: form.value.action })) : undefined
  if (!form.ok || !offer || digestOf('action', canonicalBytes(offer.action)) !== form.value.action_digest)
    return 'the action changed after it was asked for'
  const maySay = ruleSet.people.some(({ id }) => id === requester) && inGroups(ruleSet, requester, offer.action.rules.requesters)
  return maySay ? undefined : MAY_NOT_ASK
}

/** From when people may approve by what was gained now, in ms, unless administrators sign for these rules; now where nobody waits. */
function countsFrom(before: RuleSet | undefined, { gained, keys }: RuleSet, now: Date): number {
  const had = new Set(before?.gained.map(canonicalText))
  const ends = gained.filter((one) => !had.has(canonicalText(one))).map(({ at }) => (at + keys.gained_hours * 3600) * 1000)
  return Math.max(now.getTime(), ...ends)
}
