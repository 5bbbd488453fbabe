// The rule sets of a bundle: read from their exact bytes and named by their own digests, never by what somebody calls them. What
// an intent asks for must be the same action under the same rules in each rule set that counts: those of then and the one of now.

import { type Action, actionName, findOffer, type RuleSet, ruleSet } from '../domain/action.ts'
import { decodeBase64url } from '../domain/base64url.ts'
import { canonicalBytes, readCanonical } from '../domain/canonical.ts'
import type { Digest } from '../domain/ids.ts'
import type { Intent } from '../domain/intent.ts'
import { read } from '../domain/shape.ts'
import { digestUnder, type EvidenceCrypto } from './crypto.ts'
import { type Failure, fail, inside } from './reasons.ts'

export type RuleSets = ReadonlyMap<Digest, RuleSet>

/** The rule sets by their digests. */
export async function openRuleSets(
  texts: readonly string[],
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly ruleSets: RuleSets } | Failure> {
  const ruleSets = new Map<Digest, RuleSet>()
  for (const [index, text] of texts.entries()) {
    const path = `/rule_sets/${index}`
    const bytes = decodeBase64url(text)
    const value = bytes && readCanonical(bytes)
    if (!bytes || value === undefined) return fail('rule_set_malformed', path)
    const form = read(ruleSet, value)
    if (!form.ok) return fail('rule_set_malformed', inside(path, form.path))
    const digest = await digestUnder(crypto, 'ruleSet', bytes)
    if (ruleSets.has(digest)) return fail('rule_set_malformed', path)
    ruleSets.set(digest, form.value)
  }
  return { ok: true, ruleSets }
}

/** The rule set of this digest and the intent's action in it, if both are what the intent was made from. */
export async function judgeRuleSet(
  intent: Intent,
  digest: Digest,
  ruleSets: RuleSets,
  path: string,
  crypto: EvidenceCrypto,
): Promise<{ readonly ok: true; readonly ruleSet: RuleSet; readonly action: Action } | Failure> {
  const found = ruleSets.get(digest)
  if (!found) return fail('rule_set_missing', path)
  const action = findOffer(found, actionName({ runbook: intent.runbook, name: intent.action }))?.action
  if (!action) return fail('action_withdrawn', path)
  // The action's digest covers its rules: asking about the rules first gives the reason a person can use.
  if ((await digestUnder(crypto, 'rules', canonicalBytes(action.rules))) !== intent.rules_digest)
    return fail('rules_changed', path)
  if ((await digestUnder(crypto, 'action', canonicalBytes(action))) !== intent.action_digest) return fail('action_changed', path)
  return { ok: true, ruleSet: found, action }
}
