// What `countersign verify --json` prints. Members may be added; none changes its meaning while `v` is 1. Texts stand as they were signed;
// what does not show in them is printed as an escape (visible.ts).

import { isCommitment } from '../domain/commitment.ts'
import type { TrustRoots } from '../domain/directory.ts'
import { checkCode } from '../domain/ids.ts'
import { findPasskey } from '../evidence/chain-state.ts'
import type { ReceiptVerdict } from '../evidence/receipt.ts'
import { receiptWords } from '../evidence/receipt-words.ts'

/** The verdict as one JSON object. A value that is not opened has no member `value`. */
export function verdictJson(verdict: ReceiptVerdict, { realm, era, issuer }: TrustRoots): object {
  if (!verdict.ok) {
    const { reason, path } = verdict
    return { v: 1, verdict: 'not_valid', reason, path, words: receiptWords(reason) }
  }
  const { granted, issued, judged, directory, said, parameters } = verdict
  const { intent, intentDigest, action } = granted
  const opened = (value: string | number | undefined): object => (value === undefined ? {} : { value })
  return {
    v: 1,
    verdict: verdict.rules === 'proven' ? 'valid' : 'unproven',
    realm,
    era,
    issuer,
    intent: { digest: intentDigest, check_code: checkCode(intentDigest), id: intent.id },
    action: { runbook: intent.runbook, name: intent.action, title: action.title, text: action.text },
    requester: intent.requester.id,
    stated_reason: opened(verdict.reason),
    parameters: Object.fromEntries(
      Object.entries(intent.parameters).map(([name, value]) => [
        name,
        opened(isCommitment(value) ? parameters.get(name) : value),
      ]),
    ),
    right: intent.right,
    statements: said.map(({ digest, statement, acceptedAt, ruleSet, directory: position, note }) => ({
      digest,
      person: statement.signer.person,
      decision: statement.decision,
      passkey: statement.signer.passkey,
      device_bound: findPasskey(directory, statement.signer.passkey)?.passkey.device_bound,
      accepted_at: acceptedAt,
      rule_set: ruleSet,
      directory: position,
      groups: granted.approvals.filter((each) => each.statement === digest).map(({ group }) => group),
      ...(statement.kind === 'decide' && statement.lease_seconds !== undefined && { lease_seconds: statement.lease_seconds }),
      ...(statement.kind === 'decide' && statement.note && { note: opened(note) }),
    })),
    rules: action.rules,
    judged: { rule_set: judged.ruleSet, at: judged.now, purpose: judged.purpose },
    lease_seconds: granted.leaseSeconds,
    directory: { sequence: directory.sequence, head: directory.head },
    ...(issued && { credential: { ...issued.credential, issued_at: issued.issued_at, expires_at: issued.expires_at } }),
  }
}
